"""Which reader a source has: by its name, else by what lies at its path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paretune.data.bundled_digits import read_digits
from paretune.data.keras_sets import read_fashion_mnist, read_known_cifar10, read_mnist
from paretune.data.npz_reader import read_npz
from paretune.data.raw_data import RawData
from paretune.errors import DataError

_READERS: dict[str, Callable[[], RawData]] = {
    "digits": read_digits,
    "mnist": read_mnist,
    "fashion_mnist": read_fashion_mnist,
    "cifar10": read_known_cifar10,
}


def read_source(source: str) -> RawData:
    """The data set called `source`, or the .npz file at that path. Raises DataError."""
    if source in _READERS:
        return _READERS[source]()
    path = Path(source).expanduser()
    if not path.is_file():
        known = ", ".join(_READERS)
        raise DataError(
            f"source = {source!r}: no such file, and no bundled data set ({known}); "
            "give the path of a .npz file with x_train, y_train, x_test, y_test"
        )
    return read_npz(path)
