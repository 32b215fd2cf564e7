"""Files that NumPy has written: read without unpickling, or refused with the cure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.data.npz_reader import read_npz
from paretune.errors import DataError


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    """A file of pickled objects is refused, whichever way it was written."""
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "bare.npy", objects, allow_pickle=True)
    with pytest.raises(DataError, match=r"pickled; save it with np\.savez"):
        read_npz(tmp_path / "bare.npy")
    np.savez(tmp_path / "in.npz", x_train=objects, y_train=[0], x_test=objects, y_test=[0])
    with pytest.raises(DataError, match=r"x_train holds pickled objects"):
        read_npz(tmp_path / "in.npz")
