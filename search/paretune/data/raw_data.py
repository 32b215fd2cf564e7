"""What every reader of a source returns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class RawData:
    """Two labelled parts as the source has them. `digest` is of the bytes they were read from."""

    x_train: np.ndarray  # (n, ...) any numeric type
    y_train: np.ndarray  # (n,) or (n, 1)
    x_test: np.ndarray
    y_test: np.ndarray
    digest: str
    place: str  # for messages


def file_digest(path: Path) -> str:
    """Of the bytes in a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
