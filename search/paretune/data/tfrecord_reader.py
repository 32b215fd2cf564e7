"""TFRecord files of tf.train.Example, read without TensorFlow.

A record is its length (8 bytes), a checksum of that (4), its content, and a checksum of it (4):
masked CRC-32C. An Example is a protocol buffer, of which four fields matter:

    Example.features = 1, Features.feature = 1 (a map: key = 1, value = 2),
    Feature.bytes_list = 1, float_list = 2, int64_list = 3, each a list in field 1
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from paretune.data.collected_rows import CollectedRows
from paretune.data.crc32c import masked_crc32c
from paretune.data.csv_reader import with_numbered_labels
from paretune.data.data_options import DataOptions
from paretune.data.part_files import part_files
from paretune.data.picture_files import UnreadablePicture, read_picture
from paretune.data.raw_data import RawData
from paretune.data.table_columns import TableColumns, choose_columns
from paretune.data.tf_example import Value, read_example
from paretune.errors import DataError

SUFFIXES = (".tfrecord", ".tfrecords", ".tfrecord.gz")
_MOST_RECORD_BYTES = 64 << 20
_RECORDS_PER_BLOCK = 512
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
_SIDES = ("height", "width", "depth", "channels", "image/height", "image/width", "image/channels")


def read_tfrecord(path: Path, options: DataOptions) -> RawData:
    """Rows of Examples: pictures, raw bytes of known shape, or lists of numbers."""
    parts = {}
    for name, files in part_files(path, SUFFIXES).items():
        rows = CollectedRows(f"{path}: {name}")
        for file in files:
            _collect(file, options, rows)
        parts[name] = rows.part()
    return with_numbered_labels(parts, str(path))


def records(file: Path) -> Iterator[list[bytes]]:
    """The contents of a file's records, a block at a time; gzip is unpacked on the way."""
    with file.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=plain) if packed else plain  # type: ignore[assignment]
        block: list[tuple[bytes, int]] = []
        try:
            number = 0
            while (record := _record(stream, f"{file}: record {number}")) is not None:
                block.append(record)
                number += 1
                if len(block) == _RECORDS_PER_BLOCK:
                    yield _checked(block, f"{file}", number - len(block))
                    block = []
        except (EOFError, zlib.error, OSError) as error:
            raise DataError(f"{file}: cannot be unpacked ({error})") from None
        if block:
            yield _checked(block, f"{file}", number - len(block))


def _record(stream: IO[bytes], place: str) -> tuple[bytes, int] | None:
    head = stream.read(12)
    if not head:
        return None
    if len(head) < 12:
        raise DataError(f"{place} is cut short: the file ends within it")
    size, check = struct.unpack("<QI", head)
    if int(masked_crc32c([head[:8]])[0]) != check:
        raise DataError(f"{place}: its length is damaged, or this is no TFRecord file")
    if size > _MOST_RECORD_BYTES:
        raise DataError(f"{place} has {size:,} bytes, more than {_MOST_RECORD_BYTES:,}")
    content, tail = stream.read(size), stream.read(4)
    if len(content) < size or len(tail) < 4:
        raise DataError(f"{place} is cut short: the file ends within it")
    return content, struct.unpack("<I", tail)[0]


def _checked(block: list[tuple[bytes, int]], place: str, first: int) -> list[bytes]:
    contents = [content for content, _ in block]
    sums = masked_crc32c(contents)
    for index, (_, check) in enumerate(block):
        if int(sums[index]) != check:
            raise DataError(f"{place}: record {first + index} is damaged: its checksum differs")
    return contents


def _collect(file: Path, options: DataOptions, rows: CollectedRows) -> None:
    columns: TableColumns | None = None
    number = 0
    for block in records(file):
        for content in block:
            place = f"{file}: record {number}"
            number += 1
            example = read_example(content, place)
            if columns is None:
                columns = choose_columns(_names(example, options), options, str(file))
            absent = [name for name in columns.all if name not in example]
            if absent:
                raise DataError(f"{place} has no feature {absent[0]!r}")
            try:
                row = _row(example, columns.features, rows, place)
            except UnreadablePicture as problem:
                rows.unreadable.append(f"{place}: {problem}")
                continue
            group = None if columns.group is None else [_first(example[columns.group])]
            rows.append(row[None], [_first(example[columns.label])], group)


def _names(example: dict[str, Value], options: DataOptions) -> list[str]:
    """What may be a feature: not the sizes of a picture beside it."""
    asked = options.columns or ()
    pictures = any(isinstance(value, list) for value in example.values())
    named = [n for n in example if not (pictures and n in _SIDES) or n in asked]
    short = {name.removeprefix("image/class/"): name for name in named}
    if "label" in short and options.label is None:
        named = [name for name in named if name != short["label"]]
        named.append("label")
        example["label"] = example[short["label"]]
    return named


def _row(
    example: dict[str, Value], names: tuple[str, ...], rows: CollectedRows, place: str
) -> np.ndarray:
    if len(names) > 1:
        values = [example[name] for name in names]
        if any(isinstance(value, list) or len(value) != 1 for value in values):
            raise DataError(
                f"{place} has features {', '.join(names)}; name one, or several of one number "
                "each, in [data] columns"
            )
        return np.array([value[0] for value in values], np.float32)
    value = example[names[0]]
    if not isinstance(value, list):
        return value.astype(np.float32) if value.dtype.kind == "f" else value
    content = value[0] if value else b""
    if content.startswith(_PICTURES):
        return read_picture(content, rows.shape)
    return _raw(content, example)


def _raw(content: bytes, example: dict[str, Value]) -> np.ndarray:
    """Bytes that are pixels: in the shape that stands beside them, if it does."""
    pixels = np.frombuffer(content, np.uint8)
    for prefix in ("", "image/"):
        sides = [example.get(prefix + name) for name in ("height", "width")]
        depth = example.get(prefix + "depth", example.get(prefix + "channels"))
        if all(isinstance(side, np.ndarray) and side.size == 1 for side in sides):
            shape = [int(side[0]) for side in sides if side is not None]
            shape.append(int(depth[0]) if isinstance(depth, np.ndarray) and depth.size else 1)
            if int(np.prod(shape)) == pixels.size:
                return pixels.reshape(shape)
    return pixels


def _first(value: Value) -> object:
    if isinstance(value, list):
        return value[0].decode("utf-8", "replace") if value else None
    return value[0].item() if value.size else None
