"""Prepared data: a folder of compressed shards of rows beside one manifest.

    manifest.json             what is in it, and a digest of every array
    labels.npz                train, validation, test: (n,) int32
    train-00000.npz, ...      rows: (m, *shape) uint8 or float32

NumPy's own compressed archives: they cost half the processor time of Parquet to read, and no
package. What does not fit memory is unpacked into a file that is mapped.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zipfile import BadZipFile, ZipFile

import numpy as np

from paretune.data.fetch_process import fetched
from paretune.data.growing_array import GrowingArray
from paretune.data.npz_reader import read_array
from paretune.data.public_url import is_url, public_url
from paretune.data.raw_data import array_digest
from paretune.data.split import Split
from paretune.errors import DataError

MANIFEST, LABELS, FORMAT = "manifest.json", "labels.npz", 1
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class PreparedForm:
    """What a prepared folder holds."""

    parts: Mapping[str, Split]
    classes: int
    fingerprint: str
    cleaning: Mapping[str, int]


def is_prepared(source: str) -> bool:
    """Is it a folder that `paretune data prepare` has written, or the URL of its manifest?"""
    if is_url(source):
        return urlsplit(source).path.endswith(f"/{MANIFEST}")
    return (Path(source).expanduser() / MANIFEST).is_file()


def read_prepared(source: str) -> PreparedForm:
    """Every array, checked against its digest. Raises DataError."""
    place = public_url(source)
    manifest = _manifest(_bytes_of(source, MANIFEST), place)
    try:
        shape, kind = tuple(map(int, manifest["shape"])), np.dtype(str(manifest["dtype"]))
        labels = _members(_member(source, LABELS), f"{place}: {LABELS}")
        parts = {}
        for name in PARTS:
            rows = GrowingArray()
            for shard in manifest["parts"][name]:
                rows.append(_shard(source, shard, shape, kind))
            if array_digest(labels[name]) != manifest["labels"][name]:
                raise DataError(f"{place}: {LABELS}: {name} is not what the manifest says")
            parts[name] = Split(rows.array(), labels[name])
            if len(rows) != len(labels[name]):
                raise DataError(f"{place}: {name} has {len(rows)} rows, {len(labels[name])} labels")
        return PreparedForm(
            parts, int(manifest["classes"]), fingerprint_of(manifest), manifest["cleaning"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{place}: its {MANIFEST} is not one that `paretune data prepare` writes ({error!r})"
        ) from None


def fingerprint_of(manifest: Mapping[str, Any]) -> str:
    """From the digests of the arrays, which are checked when they are read."""
    import hashlib

    shards = [[shard["digest"] for shard in manifest["parts"][name]] for name in PARTS]
    sizes = [[shard["rows"] for shard in manifest["parts"][name]] for name in PARTS]
    texts = (json.dumps(each) for each in (shards, manifest["labels"], sizes))
    return ".".join(hashlib.blake2b(t.encode(), digest_size=8).hexdigest() for t in texts)


def _shard(
    source: str, shard: Mapping[str, Any], shape: tuple[int, ...], kind: np.dtype[Any]
) -> np.ndarray:
    name = str(shard["file"])
    place = f"{public_url(source)}: {name}"
    rows = _members(_member(source, name), place)["rows"]
    if rows.shape != (int(shard["rows"]), *shape) or rows.dtype != kind:
        raise DataError(
            f"{place} has {rows.dtype} of shape {rows.shape}, not what its manifest says"
        )
    if array_digest(rows) != shard["digest"]:
        raise DataError(f"{place} is damaged: its content is not what the manifest says")
    return rows


def _members(content: Any, place: str) -> dict[str, np.ndarray]:
    try:
        with ZipFile(content) as archive:
            found = {}
            for info in archive.infolist():
                with archive.open(info) as file:
                    name = info.filename.removesuffix(".npy")
                    found[name] = read_array(file, info.file_size, f"{place}: {name}")
            return found
    except (BadZipFile, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{place} is damaged ({error})") from None


def _member(source: str, name: str) -> Any:
    import io

    if PurePosixPath(name).name != name or name.startswith("."):
        raise DataError(f"{public_url(source)}: {name!r} is no plain file name in its manifest")
    return io.BytesIO(_bytes_of(source, name))


def _bytes_of(source: str, name: str) -> bytes:
    try:
        if not is_url(source):
            return (Path(source).expanduser() / name).read_bytes()
        parts = urlsplit(source)
        path = parts.path.removesuffix(MANIFEST) + name
        with fetched(urlunsplit(parts._replace(path=path))) as copy:
            return copy.read_bytes()
    except OSError as error:
        raise DataError(f"{public_url(source)}: {name} cannot be read ({error})") from None


def _manifest(content: bytes, place: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise DataError(f"{place}: its {MANIFEST} is no JSON ({error})") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise DataError(
            f"{place}: its {MANIFEST} is not of format {FORMAT}; prepare the data again"
        )
    return found
