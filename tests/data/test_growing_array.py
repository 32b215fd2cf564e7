"""Rows that come block by block, however many there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.data.growing_array import GrowingArray
from paretune.errors import DataError


@pytest.mark.parametrize("most_bytes", [0, 1000, 1 << 20])
def test_the_rows_come_back_whether_they_fit_or_not(tmp_path: Path, most_bytes: int) -> None:
    """In memory, or in a file that has no name and so leaves nothing behind."""
    growing = GrowingArray(most_bytes, tmp_path)
    rows = np.arange(3000, dtype=np.int32).reshape(500, 2, 3)
    for start in range(0, 500, 60):
        growing.append(rows[start : start + 60])
    found = growing.array()
    assert np.array_equal(found, rows)
    assert isinstance(found, np.memmap) is (most_bytes < rows.nbytes)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Data that do not fit memory have to lie somewhere."""
    (tmp_path / "file").write_text("")
    growing = GrowingArray(0, tmp_path / "file" / "below")
    with pytest.raises(DataError, match="below: cannot hold"):
        growing.append(np.zeros((2, 2)))
