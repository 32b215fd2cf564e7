"""Pictures in folders named like their classes: a folder, a .zip or a .tar of one.

    ROOT/CLASS/NAME.png                     a test part is split off later
    ROOT/train/CLASS/NAME.png, ROOT/test/CLASS/NAME.png

Nothing is unpacked to the disk, and no link is followed out of the folder.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from paretune.data.collected_rows import CollectedRows
from paretune.data.picture_files import SUFFIXES, UnreadablePicture, read_picture
from paretune.data.raw_data import TEST, TRAIN, RawData, RawPart
from paretune.errors import DataError

_MOST_FILE_BYTES = 64 << 20
_PARTS = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}
_VALIDATION = ("val", "valid", "validation", "dev")


@dataclass(frozen=True)
class _Entry:
    path: PurePosixPath  # below the root
    size: int
    read: Callable[[], bytes]
    objection: str = ""


def read_image_folder(path: Path) -> RawData:
    """Pictures of one size and their classes, numbered by the alphabet. Raises DataError."""
    try:
        if path.is_dir():
            return _read(list(_files(path)), path)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _read(list(_zipped(archive)), path)
        with tarfile.open(path) as tar:
            return _read(_tarred(tar), path)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None


def is_image_archive(path: Path) -> bool:
    """Is it a .zip or .tar of pictures?"""
    suffixes = path.name.lower()
    return suffixes.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2"))


def _read(entries: Iterator[_Entry] | list[_Entry], path: Path) -> RawData:
    parts: dict[str, CollectedRows] = {}
    shape: tuple[int, ...] | None = None
    for entry in entries:
        place = _placed(entry.path)
        if place is None:
            continue
        part, label = place
        rows = parts.setdefault(part, CollectedRows(f"{path}: {part}"))
        try:
            pixels = _pixels(entry, shape)
        except UnreadablePicture as problem:
            rows.unreadable.append(f"{entry.path}: {problem}")
            continue
        shape = shape or pixels.shape
        rows.append(pixels[None], [label])
        rows.names.append(str(entry.path))
    if TRAIN not in parts:
        raise DataError(
            f"{path}: no pictures in folders named like their classes; arrange them as "
            "CLASS/NAME.png, or as train/CLASS/NAME.png and test/CLASS/NAME.png"
        )
    return _numbered({name: rows.part() for name, rows in parts.items()}, path)


def _numbered(parts: dict[str, RawPart], path: Path) -> RawData:
    # Also digits are names here: a folder "10" comes after "9" by neither rule of its own.
    names = sorted({str(label) for part in parts.values() for label in part.labels}, key=_order)
    number = {name: index for index, name in enumerate(names)}
    done = {
        key: RawPart(
            part.rows,
            np.array([number[str(label)] for label in part.labels]),
            names=part.names,
            unreadable=part.unreadable,
        )
        for key, part in parts.items()
    }
    return RawData(done, str(path), tuple(names))


def _order(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdigit() else (1, 0, name)


def _pixels(entry: _Entry, shape: tuple[int, ...] | None) -> np.ndarray:
    if entry.objection:
        raise UnreadablePicture(entry.objection)
    if entry.size > _MOST_FILE_BYTES:
        raise UnreadablePicture(f"{entry.size:,} bytes are more than {_MOST_FILE_BYTES:,}")
    return read_picture(entry.read(), shape)


def _placed(path: PurePosixPath) -> tuple[str, str] | None:
    """The part and the class of a picture, from the folders it lies in."""
    if path.suffix.lower() not in SUFFIXES or len(path.parts) < 2:
        return None
    label = path.parts[-2]
    above = [name.lower() for name in path.parts[:-2]]
    if any(name in _VALIDATION for name in above):
        return TRAIN, label
    part = next((_PARTS[name] for name in reversed(above) if name in _PARTS), TRAIN)
    return part, label


def _files(root: Path) -> Iterator[_Entry]:
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        name = PurePosixPath(path.relative_to(root).as_posix())
        if path.suffix.lower() not in SUFFIXES:
            continue
        if not path.resolve().is_relative_to(inside):
            yield _Entry(name, 0, bytes, "a link that leads out of the folder")
        elif path.is_file():
            yield _Entry(name, path.stat().st_size, path.read_bytes)


def _zipped(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if not info.is_dir():
            path = PurePosixPath(info.filename)
            yield _Entry(path, info.file_size, lambda info=info: archive.read(info))  # type: ignore[misc]


def _tarred(archive: tarfile.TarFile) -> Iterator[_Entry]:
    # In the archive's order: to go back in a compressed one is to unpack it again.
    for member in archive:
        if member.isreg():
            path = PurePosixPath(member.name)

            def read(member: tarfile.TarInfo = member) -> bytes:
                file = archive.extractfile(member)
                return file.read() if file is not None else b""

            yield _Entry(path, member.size, read)
