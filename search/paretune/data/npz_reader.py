"""Files that NumPy has written: .npz, without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from paretune.data.raw_data import RawData, file_digest
from paretune.errors import DataError

_NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path: Path) -> RawData:
    """The arrays x_train, y_train, x_test, y_test of a .npz file, without pickle."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in _NPZ_NAMES if name not in archive]
            if missing:
                raise DataError(
                    f"{path}: {', '.join(missing)} missing (it has {', '.join(archive.files)}); "
                    f"save it with np.savez(path, {', '.join(f'{n}=...' for n in _NPZ_NAMES)})"
                )
            arrays = {name: _member(archive, name, path) for name in _NPZ_NAMES}
    except (zipfile.BadZipFile, OSError, EOFError, AttributeError) as error:
        raise DataError(f"{path}: not a readable .npz file ({error})") from error
    except ValueError as error:  # a bare pickle: numpy refuses to guess
        raise DataError(f"{path}: not a .npz archive, or pickled; save it with np.savez") from error
    return RawData(**arrays, digest=file_digest(path), place=str(path))


def _member(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        raise DataError(
            f"{path}: {name} holds pickled objects, which are not loaded because they can run "
            "code; save it as a numeric array (one shape, one dtype)"
        ) from error
