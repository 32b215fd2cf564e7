"""TFRecord files, read without TensorFlow."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.data.crc32c import masked_crc32c
from paretune.data.data_options import DataOptions
from paretune.data.raw_data import TEST, TRAIN
from paretune.data.tfrecord_reader import read_tfrecord
from paretune.errors import DataError
from tf_records import example, record

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 4, 5, 1), dtype=np.uint8)


def raw_picture(index: int) -> dict[str, Any]:
    size = {"height": [4], "width": [5], "depth": [1]}
    return {"image_raw": PIXELS[index].tobytes(), "label": [index % 3], **size}


def write(path: Path, indices: range = range(12)) -> Path:
    path.write_bytes(b"".join(record(example(raw_picture(i))) for i in indices))
    return path


def test_raw_pixels_take_the_shape_beside_them(tmp_path: Path) -> None:
    """In shards with a test part; packed by gzip, too."""
    write(tmp_path / "train.tfrecord-00000-of-00001", range(8))
    test = write(tmp_path / "test.tfrecord", range(8, 12))
    (tmp_path / "test.tfrecord.gz").write_bytes(gzip.compress(test.read_bytes()))
    test.unlink()
    raw = read_tfrecord(tmp_path, DataOptions(""))
    assert np.array_equal(raw.parts[TRAIN].rows, PIXELS[:8])
    assert np.array_equal(raw.parts[TEST].rows, PIXELS[8:])
    assert raw.parts[TEST].labels.tolist() == [2, 0, 1, 2]


def test_lists_of_numbers_are_rows(tmp_path: Path) -> None:
    """Token ids or a waveform; labels may be texts, the feature has to be named if it is one of
    several.
    """
    rows = [
        {"wave": [0.5, 1.0, float(i)], "id": [i], "word": b"yes" if i % 2 else b"no"}
        for i in range(4)
    ]
    path = tmp_path / "x.tfrecord"
    path.write_bytes(b"".join(record(example(row)) for row in rows))
    raw = read_tfrecord(path, DataOptions("", label="word", columns=["wave"]))
    assert raw.parts[TRAIN].rows.tolist() == [[0.5, 1.0, i] for i in range(4)]
    assert raw.class_names == ("no", "yes")
    with pytest.raises(DataError, match="features wave, id; name one"):
        read_tfrecord(path, DataOptions("", label="word"))


def too_long() -> bytes:
    size = struct.pack("<Q", 1 << 40)
    return size + struct.pack("<I", masked_crc32c([size])[0])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda whole: whole[:-5], "record 11 is cut short"),
        (lambda whole: whole[:-2], "record 11 is cut short"),
        (lambda whole: whole + b"\x05", "record 12 is cut short"),
        (lambda whole: whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], "record 0 is damaged"),
        (lambda whole: b"no records at all", "its length is damaged, or this is no TFRecord"),
        (lambda whole: whole + too_long(), "record 12 has 1,099,511,627,776 bytes, more than"),
        (lambda whole: gzip.compress(whole)[:-20], "cannot be unpacked"),
        (lambda whole: record(b"\xff\xff"), r"record 0 is no tf\.train\.Example"),
        (lambda whole: whole + record(example({"label": [1]})), "record 12 has no feature"),
    ],
)
def test_damage_is_named_with_its_record(tmp_path: Path, damage: Any, words: str) -> None:
    """Cut, flipped, or not what it claims to be: no memory is taken for what a length promises."""
    path = write(tmp_path / "x.tfrecord")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=words):
        read_tfrecord(path, DataOptions(""))
