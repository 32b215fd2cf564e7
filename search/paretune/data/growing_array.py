"""Rows that come block by block: in memory while they are few, else in a file without a name."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from paretune.data.file_cache import cache_folder
from paretune.errors import DataError

IN_MEMORY_BYTES = 512 << 20


class GrowingArray:
    """Appends rows of one shape and type; `array()` gives all of them.

    What is larger than `most_bytes` lies in an unlinked file beside the cache, mapped into memory:
    its pages can be taken away and read again, and it is gone with its last user.
    """

    def __init__(self, most_bytes: int = IN_MEMORY_BYTES, folder: Path | None = None) -> None:
        self._most = most_bytes
        self._folder = folder
        self._blocks: list[np.ndarray] = []
        self._like = np.zeros((0,))  # of the rows' type and shape
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: np.ndarray) -> None:
        """Raises DataError where the disk is full."""
        rows = np.ascontiguousarray(rows)
        self._rows += len(rows)
        self._like = rows[:0]
        self._bytes += rows.nbytes
        if self._file is None and self._bytes <= self._most:
            self._blocks.append(rows)
            return
        if self._file is None:
            self._file = self._opened()
            for block in self._blocks:
                self._write(block)
            self._blocks = []
        self._write(rows)

    def array(self) -> np.ndarray:  # (rows, ...)
        """Everything that was appended; an array of no rows where nothing was."""
        if self._file is None:
            blocks = self._blocks or [self._like]
            return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        self._file.flush()
        shape = (self._rows, *self._like.shape[1:])
        return np.memmap(self._file, dtype=self._like.dtype, mode="r", shape=shape)

    def _opened(self) -> IO[bytes]:
        folder = self._folder or cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return tempfile.TemporaryFile(dir=folder)
        except OSError as error:
            raise DataError(
                f"{folder}: cannot hold data that do not fit memory ({error})"
            ) from None

    def _write(self, rows: np.ndarray) -> None:
        assert self._file is not None  # noqa: S101
        try:
            self._file.write(rows.data)
        except OSError as error:
            raise DataError(f"rows that do not fit memory cannot be written: {error}") from None
