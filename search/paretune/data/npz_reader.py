"""Files that NumPy has written: .npz, without pickle, and no larger than they are.

An archive of a few kilobytes can unpack to terabytes, and an array's header can promise any size:
both are compared with what the archive holds before a byte of it is unpacked.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from paretune.data.growing_array import GrowingArray
from paretune.data.raw_data import TEST, TRAIN, RawData, RawPart
from paretune.errors import DataError

NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
_OPTIONAL = ("x_test", "y_test", "group_train", "group_test")
_MOST_HEADER = 10_000
_BLOCK_BYTES = 16 << 20
# Zeros shrink to a thousandth; no data that teach anything to a three-hundredth.
_MOST_RATIO, _RATIO_FROM_BYTES = 300, 64 << 20
_Header = tuple[tuple[int, ...], bool, np.dtype[np.generic]]


def read_npz(path: Path) -> RawData:
    """The arrays x_train, y_train, x_test, y_test of a .npz file.

    Without the last two a test part is split off later; group_train has one group a row.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {name.removesuffix(".npy"): name for name in archive.namelist()}
            absent = [name for name in NPZ_NAMES if name not in found]
            if absent and absent != ["x_test", "y_test"]:
                raise DataError(
                    f"{path}: {', '.join(absent)} missing (it has {', '.join(found)}); "
                    f"save it with np.savez(path, {', '.join(f'{n}=...' for n in NPZ_NAMES)})"
                )
            wanted = [n for n in ("x_train", "y_train", *_OPTIONAL) if n in found]
            arrays = {n: _member(archive, archive.getinfo(found[n]), n, path) for n in wanted}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        pickled = path.is_file() and path.read_bytes()[:6] in (b"\x93NUMPY",)
        kind = "one array, or pickled" if pickled else f"not a readable .npz file ({error})"
        raise DataError(f"{path}: {kind}; save it with np.savez") from error
    parts = {TRAIN: RawPart(arrays["x_train"], arrays["y_train"], arrays.get("group_train"))}
    if "x_test" in arrays:
        parts[TEST] = RawPart(arrays["x_test"], arrays["y_test"], arrays.get("group_test"))
    return RawData(parts, str(path))


def read_array(file: IO[bytes], size: int, place: str) -> np.ndarray:
    """One .npy of `size` bytes from a stream. Raises DataError where it is not what it says."""
    start = _Counted(file)
    shape, fortran, dtype = _header(start, place)
    count = int(np.prod(shape, dtype=object))
    if count * dtype.itemsize != size - start.count:
        raise DataError(
            f"{place} says that it is {dtype} of shape {shape}, but has {size - start.count:,} "
            "bytes; the file is damaged"
        )
    if fortran or not shape:
        content = np.frombuffer(_exactly(start, size - start.count, place), dtype)
        return content.reshape(shape, order="F" if fortran else "C")
    growing = GrowingArray()
    row = max(count * dtype.itemsize // max(shape[0], 1), 1)
    step = max(_BLOCK_BYTES // row, 1)
    for begin in range(0, shape[0], step):
        rows = min(step, shape[0] - begin)
        block = np.frombuffer(_exactly(start, rows * row, place), dtype)
        growing.append(block.reshape(rows, *shape[1:]))
    return growing.array() if len(growing) else np.zeros(shape, dtype)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, path: Path) -> np.ndarray:
    bomb = info.file_size > _MOST_RATIO * max(info.compress_size, 1)
    if bomb and info.file_size > _RATIO_FROM_BYTES:
        raise DataError(
            f"{path}: {name} unpacks {info.compress_size:,} bytes to {info.file_size:,}; that is "
            "no data set but a way to fill a machine, and is not unpacked"
        )
    with archive.open(info) as file:
        return read_array(file, info.file_size, f"{path}: {name}")


class _Counted:
    """A stream that knows how far it has been read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.count += len(found)
        return found


def _header(file: _Counted, place: str) -> _Header:
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(file, max_header_size=_MOST_HEADER)
    except (ValueError, KeyError) as error:
        raise DataError(f"{place} is no array that NumPy has written ({error})") from None
    if dtype.hasobject:
        raise DataError(
            f"{place} holds pickled objects, which are not loaded because they can run "
            "code; save it as a numeric array (one shape, one dtype)"
        )
    return tuple(shape), bool(fortran), dtype


def _exactly(file: _Counted, size: int, place: str) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise DataError(f"{place} ends too early; the file is damaged")
    return found
