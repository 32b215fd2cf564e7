"""The handwritten digits that scikit-learn brings along: nothing is fetched."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from paretune.data.raw_data import TEST, TRAIN, RawData, RawPart
from paretune.errors import DataError
from paretune.extras import install_command

# Where each writer begins: with 0 to 9 three times over; the hundred digits after are everybody's.
_FIRST_ROWS = (0, 130, 256, 386, 516, 646, 776, 906, 1029, 1157, 1287, 1415, 1545, 1667)
_TEST_WRITERS = 3


def read_digits() -> RawData:
    """scikit-learn's handwritten digits (1,797 of 8x8, 0..16) at 28x28, 0..255.

    The table is read in place, since importing scikit-learn costs more than training on it. It
    goes writer by writer; the last three are the test part. Writers are groups: none is in two
    parts.
    """
    spec = importlib.util.find_spec("sklearn")
    folders = spec.submodule_search_locations if spec else None
    table = Path(folders[0], "datasets", "data", "digits.csv.gz") if folders else None
    if table is None or not table.is_file():
        raise DataError(
            "source = 'digits': scikit-learn's digits.csv.gz is not there: "
            + install_command("sklearn")
        )
    rows = np.loadtxt(gzip.decompress(table.read_bytes()).decode().splitlines(), delimiter=",")
    images, labels = enlarge(rows[:, :-1].reshape(-1, 8, 8) / 16, 28), rows[:, -1].astype(np.int32)
    writers = np.searchsorted(_FIRST_ROWS, np.arange(len(labels)), side="right") - 1
    test = writers >= len(_FIRST_ROWS) - _TEST_WRITERS
    parts = {
        name: RawPart(images[mine], labels[mine], writers[mine])
        for name, mine in ((TRAIN, ~test), (TEST, test))
    }
    return RawData(parts, "digits")


def enlarge(
    images: np.ndarray,  # (n, size, size) in 0..1
    size: int,
) -> np.ndarray:  # (n, size, size) uint8 in 0..255
    """Bilinear interpolation between pixel centres; the borders repeat."""
    old = images.shape[-1]
    centres = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    left = np.minimum(centres.astype(int), old - 2)
    weight = centres - left
    matrix = np.zeros((size, old))
    matrix[np.arange(size), left] = 1 - weight
    matrix[np.arange(size), left + 1] = weight
    return np.asarray(np.rint(255 * (matrix @ images @ matrix.T)), dtype=np.uint8)
