"""The well-known sets in Keras' own cache: MNIST, Fashion-MNIST, CIFAR-10.

Nothing is ever unpickled: CIFAR-10 is read from its binary edition. A downloaded file is checked
against its published hash; a file the user put into the cache is taken as it is.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
from pathlib import Path

import numpy as np

from paretune.data.file_cache import FileCache
from paretune.data.npz_reader import read_npz
from paretune.data.raw_data import RawData, two_parts
from paretune.errors import DataError

_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_CIFAR10 = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
_FASHION_MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}


def read_mnist() -> RawData:
    """LeCun's handwritten digits: 60,000 and 10,000 of 28x28."""
    return read_npz(
        _cached(
            "mnist.npz",
            _KERAS_FILES + "mnist.npz",
            "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        )
    )


def read_fashion_mnist() -> RawData:
    """Ten kinds of clothes: 60,000 and 10,000 of 28x28 (arXiv 1708.07747)."""
    paths = {
        name: _cached(f"fashion-mnist/{name}", _KERAS_FILES + name, f"md5:{md5}")
        for name, md5 in _FASHION_MD5.items()
    }
    x_train, y_train, x_test, y_test = (read_idx(path) for path in paths.values())
    return two_parts(x_train, y_train, x_test, y_test, "fashion_mnist")


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


def read_known_cifar10() -> RawData:
    """Ten kinds of things in colour: 50,000 and 10,000 of 32x32x3."""
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

    return two_parts(images(train), train[:, 0], images(test), test[:, 0], "cifar10")


def _cached(name: str, url: str, expected: str) -> Path:
    """The file in Keras' data folder, fetched once. `expected` is "algorithm:hex"."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path = home / "datasets" / name
    if path.is_file():
        return path
    algorithm, _, digest = expected.partition(":")
    try:
        with FileCache.default().file(url, digest if algorithm == "sha256" else None) as copy:
            with copy.open("rb") as file:
                if hashlib.file_digest(file, algorithm).hexdigest() != digest:
                    raise DataError("what came is not the published file; try again later")
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            shutil.copyfile(copy, beside)
            beside.replace(path)  # trials that fetch at the same time end with the same whole file
    except (OSError, DataError) as error:
        raise DataError(
            f"{path} is not there and {url} cannot be fetched ({error}); put the file there, or "
            'choose source = "digits", which needs no network'
        ) from error
    return path
