"""Files that NumPy has written: read without unpickling, or refused with the cure."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.data.npz_reader import read_npz
from paretune.data.raw_data import TEST, TRAIN
from paretune.errors import DataError


def save(path: Path, **changes: Any) -> Path:
    arrays: dict[str, Any] = {
        "x_train": np.arange(24).reshape(4, 3, 2),
        "y_train": [0, 1, 0, 1],
        "x_test": np.arange(12).reshape(2, 3, 2),
        "y_test": [0, 1],
    }
    arrays |= changes
    np.savez_compressed(path, **arrays)
    return path


def test_arrays_come_back_in_any_order_of_memory(tmp_path: Path) -> None:
    """Fortran's order, too, and with groups."""
    x_train = np.asfortranarray(np.arange(24.0).reshape(4, 3, 2))
    raw = read_npz(save(tmp_path / "x.npz", x_train=x_train, group_train=[5, 5, 6, 6]))
    assert np.array_equal(raw.parts[TRAIN].rows, x_train)
    assert raw.parts[TRAIN].groups.tolist() == [5, 5, 6, 6]
    assert raw.parts[TEST].labels.tolist() == [0, 1]


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    """A file of pickled objects is refused, whichever way it was written."""
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "bare.npy", objects, allow_pickle=True)
    with pytest.raises(DataError, match=r"pickled; save it with np\.savez"):
        read_npz(tmp_path / "bare.npy")
    np.savez(tmp_path / "in.npz", x_train=objects, y_train=[0], x_test=objects, y_test=[0])
    with pytest.raises(DataError, match=r"x_train holds pickled objects"):
        read_npz(tmp_path / "in.npz")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A few kilobytes that promise gigabytes are refused before they take any."""
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (72 << 20,)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x_train.npy", "w", force_zip64=True) as member:
            member.write(header.getvalue())
            for _ in range(72):
                member.write(bytes(1 << 20))
        for name in ("y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", b"")
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match=r"bomb\.npz: x_train unpacks .* is not unpacked"):
        read_npz(path)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((1 << 60, 2), "says that it is"), ((4, 3, 3), "says that it is"), ((-1, 2), "no array|says")],
)
def test_a_header_that_promises_another_size_is_not_believed(
    tmp_path: Path, shape: tuple[int, ...], words: str
) -> None:
    """No memory is taken for it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<i8", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(192))
    with pytest.raises(DataError, match=words):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_half_a_file_is_no_file(tmp_path: Path, kept: float) -> None:
    """Wherever it was cut."""
    content = save(tmp_path / "whole.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataError, match=r"half\.npz: not a readable"):
        read_npz(tmp_path / "half.npz")


def test_a_flipped_byte_is_seen(tmp_path: Path) -> None:
    """The archive's checksums are looked at."""
    path = tmp_path / "x.npz"
    rows = np.random.default_rng(0).integers(0, 256, (500, 40), dtype=np.uint8)
    content = bytearray(save(path, x_train=rows).read_bytes())
    content[5000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a readable"):
        read_npz(path)
