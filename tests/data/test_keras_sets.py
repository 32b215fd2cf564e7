"""Reading the well-known data sets from Keras' cache, without any network."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from paretune.data import file_cache
from paretune.data.data_options import DataOptions
from paretune.data.dataset import load
from paretune.data.keras_sets import read_cifar10
from paretune.data.raw_data import TEST, TRAIN
from paretune.data.sources import read_source
from paretune.errors import DataError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("PARETUNE_DATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(file_cache, "_TRIES", 1)
    # A closed port: a test that tried to fetch would fail at once, and never reach a network.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def idx(array: np.ndarray) -> bytes:
    header = b"\x00\x00\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes())


def test_mnist_is_taken_from_the_cache(cache: Path) -> None:
    """A mnist.npz that is there is used as it is; nothing is fetched."""
    images = np.arange(60 * 16, dtype=np.uint8).reshape(60, 4, 4)
    labels = np.arange(60) % 10
    np.savez(cache / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    data = load({"source": "mnist"})
    assert (len(data.train), len(data.validation), len(data.test)) == (50, 10, 60)


def test_fashion_mnist_is_read_from_its_idx_files(cache: Path) -> None:
    """The four gzipped IDX files give the arrays they were made from."""
    folder = cache / "fashion-mnist"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for part, count in (("train", 30), ("t10k", 20)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    raw = read_source(DataOptions("fashion_mnist"))
    assert np.array_equal(raw.parts[TEST].rows, images)
    assert np.array_equal(raw.parts[TEST].labels, labels)
    assert raw.parts[TRAIN].rows.shape == (30, 28, 28)


def test_a_damaged_idx_file_says_what_to_do(cache: Path) -> None:
    """A truncated download in the cache is named, with the advice to delete it."""
    folder = cache / "fashion-mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte.gz").write_bytes(gzip.compress(b"\x00\x00\x08\x01")[:-4])
    with pytest.raises(DataError, match=r"train-images.*delete it"):
        read_source(DataOptions("fashion_mnist"))


def test_cifar10_is_read_from_its_binary_edition(tmp_path: Path) -> None:
    """Channel planes become the last axis; labels and pixels stay together."""
    path = tmp_path / "cifar-10-binary.tar.gz"
    generator = np.random.default_rng(0)
    records = generator.integers(0, 256, (6, 4, 3073), dtype=np.uint8)
    records[:, :, 0] %= 10
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    with tarfile.open(path, "w:gz") as archive:
        for name, part in zip(names, records, strict=True):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = part.nbytes
            archive.addfile(member, io.BytesIO(part.tobytes()))
    raw = read_cifar10(path)
    assert raw.parts[TRAIN].rows.shape == (20, 32, 32, 3)
    assert raw.parts[TRAIN].labels[5] == records[1, 1, 0]
    assert raw.parts[TRAIN].rows[5, 2, 3, 1] == records[1, 1, 1 + 1024 + 2 * 32 + 3]
    assert np.array_equal(raw.parts[TEST].labels, records[5, :, 0])


def test_a_data_set_that_cannot_be_fetched_names_the_way_out(cache: Path) -> None:
    """Without network and cache: one line with the file's place and a source that needs neither."""
    with pytest.raises(DataError) as caught:
        load({"source": "mnist"})
    assert str(cache / "mnist.npz") in str(caught.value)
    assert "digits" in str(caught.value)
    assert not list(cache.iterdir())
