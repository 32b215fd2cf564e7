"""Where images come from: bundled digits, Keras' own cache of the well-known sets, a .npz file.

Nothing is ever unpickled: CIFAR-10 is read from its binary edition. A downloaded file is checked
against its published hash; a file the user put into the cache is taken as it is.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paretune.errors import DataError
from paretune.extras import install_command

_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_CIFAR10 = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
_FASHION_MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
_DOWNLOAD_TIMEOUT_SECONDS = 60
_NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class RawData:
    """Two labelled parts as the source has them. `digest` is of the bytes they were read from."""

    x_train: np.ndarray  # (n, ...) any numeric type
    y_train: np.ndarray  # (n,) or (n, 1)
    x_test: np.ndarray
    y_test: np.ndarray
    digest: str
    place: str  # for messages


def read_source(source: str) -> RawData:
    """The data set called `source`, or the .npz file at that path. Raises DataError."""
    if source in _READERS:
        return _READERS[source]()
    return read_npz(Path(source).expanduser())


def read_npz(path: Path) -> RawData:
    """The arrays x_train, y_train, x_test, y_test of a .npz file, without pickle."""
    if not path.is_file():
        known = ", ".join(_READERS)
        raise DataError(
            f"source = {str(path)!r}: no such file, and no bundled data set ({known}); "
            "give the path of a .npz file with " + ", ".join(_NPZ_NAMES)
        )
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
    return RawData(**arrays, digest=_digest(path), place=str(path))


def _member(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        raise DataError(
            f"{path}: {name} holds pickled objects, which are not loaded because they can run "
            "code; save it as a numeric array (one shape, one dtype)"
        ) from error


def _digits() -> RawData:
    """scikit-learn's handwritten digits (1,797 of 8x8, 0..16) at 28x28, 0..255.

    The table is read in place, since importing scikit-learn costs more than training on it.
    The last fifth of each class, in file order, is the test part: these writers are in no other.
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
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        members = np.flatnonzero(labels == digit)
        test[members[-round(len(members) / 5) :]] = True
    return RawData(
        images[~test], labels[~test], images[test], labels[test], _digest(table), "digits"
    )


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


def _mnist() -> RawData:
    return read_npz(
        _cached(
            "mnist.npz",
            _KERAS_FILES + "mnist.npz",
            "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        )
    )


def _fashion_mnist() -> RawData:
    paths = {
        name: _cached(f"fashion-mnist/{name}", _KERAS_FILES + name, f"md5:{md5}")
        for name, md5 in _FASHION_MD5.items()
    }
    x_train, y_train, x_test, y_test = (read_idx(path) for path in paths.values())
    digest = hashlib.blake2b("".join(map(_digest, paths.values())).encode()).hexdigest()
    return RawData(x_train, y_train, x_test, y_test, digest, "fashion_mnist")


def read_idx(path: Path) -> np.ndarray:
    """A gzipped IDX file of unsigned bytes: 0 0 8 rank, sizes as big-endian uint32, data."""
    try:
        raw = gzip.decompress(path.read_bytes())
        if raw[:3] != b"\x00\x00\x08":
            raise ValueError("its header is not that of an IDX file of bytes")
        rank = raw[3]
        shape = np.frombuffer(raw, dtype=">u4", count=rank, offset=4)
        return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise DataError(
            f"{path}: not readable ({error}); delete it to have it fetched again"
        ) from error


def _cifar10() -> RawData:
    path = _cached("cifar-10-binary.tar.gz", _CIFAR10, "md5:c32a1d4ab5d03f1284b67883e8d87530")
    return read_cifar10(path)


def read_cifar10(path: Path) -> RawData:
    """The binary edition: records of 1 label and 3x32x32 bytes, five training files, one test."""
    parts: dict[str, np.ndarray] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                file = (
                    archive.extractfile(member)
                    if name.endswith("_batch.bin")
                    or (name.startswith("data_batch_") and name.endswith(".bin"))
                    else None
                )
                if file is not None:
                    parts[name] = np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, 3073)
        train = np.concatenate([parts[f"data_batch_{i}.bin"] for i in range(1, 6)])
        test = parts["test_batch.bin"]
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: not the binary edition of CIFAR-10 ({error}); delete it to have it fetched "
            "again"
        ) from error

    def images(records: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))

    return RawData(images(train), train[:, 0], images(test), test[:, 0], _digest(path), "cifar10")


def _cached(name: str, url: str, expected: str) -> Path:
    """The file in Keras' data folder, fetched once. `expected` is "algorithm:hex"."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path = home / "datasets" / name
    if path.is_file():
        return path
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_SECONDS) as response,  # noqa: S310 (https, ours)
            beside.open("wb") as file,
        ):
            while chunk := response.read(1 << 20):
                file.write(chunk)
        algorithm, _, digest = expected.partition(":")
        if hashlib.new(algorithm, beside.read_bytes()).hexdigest() != digest:
            raise DataError(f"{url}: what came is not the published file; try again later")
        beside.replace(path)  # trials that fetch at the same time end with the same whole file
    except OSError as error:
        raise DataError(
            f"{path} is not there and {url} cannot be fetched ({error}); put the file there, or "
            'choose source = "digits", which needs no network'
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


_READERS: dict[str, Callable[[], RawData]] = {
    "digits": _digits,
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
}
