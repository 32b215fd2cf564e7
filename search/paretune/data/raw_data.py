"""What every reader of a source returns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

TRAIN, TEST = "train", "test"
_BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class RawPart:
    """Rows and their labels as the source has them. Large ones lie in a file, not in memory."""

    rows: np.ndarray  # (n, ...) any numeric type
    labels: np.ndarray  # (n,) or (n, 1); -1: missing
    groups: np.ndarray | None = None  # (n,) whole numbers; rows of one group stay together
    names: Sequence[str] | None = None  # (n,) where each row comes from, for messages
    unreadable: Sequence[str] = ()  # what is no row: its place and what is wrong with it

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class RawData:
    """The labelled parts of a source: "train", and "test" where it has one of its own."""

    parts: Mapping[str, RawPart]
    place: str  # for messages
    class_names: tuple[str, ...] = ()  # (); or the name of label 0, 1, ...
    licence: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)  # for a manifest


def two_parts(
    x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray, place: str
) -> RawData:
    """Data that come with a test part of their own."""
    return RawData({TRAIN: RawPart(x_train, y_train), TEST: RawPart(x_test, y_test)}, place)


def array_digest(array: np.ndarray) -> str:
    """Of an array's type, shape and content, read in blocks."""
    digest = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
    for block in blocks(array):
        digest.update(np.ascontiguousarray(array[block]).data)
    return digest.hexdigest()


def blocks(array: np.ndarray, block_bytes: int = _BLOCK_BYTES) -> list[slice]:
    """Slices of rows that hold about `block_bytes` each."""
    row = max(array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64)), 1)
    step = max(block_bytes // row, 1)
    return [slice(start, min(start + step, len(array))) for start in range(0, len(array), step)]
