"""The study's data: splits, options, cleaning, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.data.dataset import load, stratified
from paretune.errors import DataError


def write_npz(path: Path, **changes: Any) -> str:
    """A small valid file of 4 classes, with some arrays changed; None leaves one out."""
    generator = np.random.default_rng(1)
    arrays: dict[str, Any] = {
        "x_train": generator.integers(0, 256, (80, 6, 5), dtype=np.uint8),
        "y_train": np.arange(80) % 4,
        "x_test": generator.integers(0, 256, (20, 6, 5), dtype=np.uint8),
        "y_test": np.arange(20) % 4,
    }
    arrays.update(changes)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


def test_digits_are_split_into_three_disjoint_stratified_parts() -> None:
    """Digits come as 28x28 raw pixels; no image is in two parts; every class is in each part."""
    data = load({"source": "digits"})
    assert data.input_shape == (28, 28, 1)
    assert data.classes == 10
    assert data.train.images.dtype == np.uint8
    assert data.train.images.max() == 255
    parts = [data.train, data.validation, data.test]
    assert sum(map(len, parts)) == 1797
    rows = [{image.tobytes() for image in part.images} for part in parts]
    assert len(set.union(*rows)) == sum(map(len, rows))
    for part in parts:
        counts = np.bincount(part.labels, minlength=10)
        assert counts.min() > 0.8 * counts.max()


def test_the_same_table_gives_the_same_arrays_and_another_seed_another_split() -> None:
    """The split depends on [data] alone, and the test part not even on its seed."""
    first, second, other = load({}), load({}), load({"seed": 1})
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert np.array_equal(first.train.images, second.train.images)
    assert not np.array_equal(first.train.images, other.train.images)
    assert np.array_equal(first.test.images, other.test.images)


def test_limit_shrinks_the_training_part_only() -> None:
    """`limit` keeps the validation and test parts, and the classes' shares."""
    whole, small = load({}), load({"limit": 200})
    assert len(small.train) == 200
    assert np.array_equal(small.validation.images, whole.validation.images)
    assert set(np.bincount(small.train.labels)) <= {19, 20, 21}


def test_a_file_is_fingerprinted_by_its_content(tmp_path: Path) -> None:
    """The same bytes elsewhere are the same data; one changed pixel is not."""
    here = write_npz(tmp_path / "here.npz")
    there = write_npz(tmp_path / "there.npz")
    changed = np.random.default_rng(1).integers(0, 256, (80, 6, 5), dtype=np.uint8)
    changed[0, 0, 0] ^= 1
    other = write_npz(tmp_path / "other.npz", x_train=changed)
    prints = [load({"source": source}).fingerprint for source in (here, there, other)]
    assert prints[0] == prints[1] != prints[2]
    assert load({"source": here}).input_shape == (6, 5, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y_test": None}, ["y_test missing", "np.savez"]),
        ({"x_train": np.array([{"a": 1}] * 80, dtype=object)}, ["x_train", "pickled"]),
        ({"y_train": np.arange(79) % 4}, ["79 rows for 80 images"]),
        ({"y_train": (np.arange(80) % 4) / 2}, ["y_train", "whole numbers"]),
        ({"y_train": np.eye(4)[np.arange(80) % 4]}, ["argmax"]),
        ({"y_train": np.arange(80) % 4 - 1}, ["label -1", "from 0"]),
        ({"y_train": (np.arange(80) % 4) * 2}, ["class 1", "without gaps"]),
        ({"y_train": np.zeros(80, int), "y_test": np.zeros(20, int)}, ["only one class"]),
        ({"x_test": np.zeros((20, 5, 5), np.uint8)}, ["one shape"]),
        ({"x_train": np.full((80, 6, 5), np.nan)}, ["x_train", "NaN"]),
        ({"x_train": np.zeros(80)}, ["x_train", "shape (80,)"]),
    ],
)
def test_a_malformed_file_is_named_with_its_cure(
    tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    """Whatever is wrong with a .npz file: one line with the file, the array and the cure."""
    path = write_npz(tmp_path / "bad.npz", **changes)
    with pytest.raises(DataError) as caught:
        load({"source": path})
    message = str(caught.value)
    assert "bad.npz" in message
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"sauce": "digits"}, ["sauce", "known are source"]),
        ({"validation": 1.5}, ["validation is 1.5", "share"]),
        ({"limit": 0}, ["limit is 0"]),
        ({"clean": "yes"}, ["clean is 'yes'", "true or false"]),
        ({"source": "no/such/file.npz"}, ["no/such/file.npz", "no such file", "digits"]),
    ],
)
def test_a_bad_option_is_named_with_its_cure(table: dict[str, Any], words: list[str]) -> None:
    """Unknown keys and impossible values of [data] are refused."""
    with pytest.raises(DataError) as caught:
        load(table)
    for word in words:
        assert word in str(caught.value)


def test_cleaning_drops_contradictions_leaks_and_duplicates(tmp_path: Path) -> None:
    """`clean` finds each kind of misleading image, says how many, and leaves the test part."""
    generator = np.random.default_rng(2)
    x_train = generator.integers(0, 256, (80, 6, 5), dtype=np.uint8)
    y_train = np.arange(80) % 4
    x_test = generator.integers(0, 256, (20, 6, 5), dtype=np.uint8)
    x_train[4] = x_train[0]  # both of class 0: a duplicate
    x_train[8] = x_train[0]  # and a third copy
    x_train[11] = x_train[10]  # classes 3 and 2: a contradiction
    x_train[20] = x_test[5]  # a leak
    path = write_npz(tmp_path / "dirty.npz", x_train=x_train, y_train=y_train, x_test=x_test)
    data = load({"source": path, "clean": True})
    assert data.cleaning == {"contradictions": 2, "leaks": 1, "duplicates": 2}
    assert len(data.train) + len(data.validation) == 75
    assert len(data.test) == 20
    kept = {image.tobytes() for part in (data.train, data.validation) for image in part.images}
    assert x_train[0].tobytes() in kept
    assert x_train[10].tobytes() not in kept
    assert x_test[5].tobytes() not in kept
    assert load({"source": path}).cleaning == {}


@given(
    sizes=st.lists(st.integers(2, 60), min_size=2, max_size=6),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 5),
)
def test_a_stratified_sample_keeps_the_shares(sizes: list[int], share: float, seed: int) -> None:
    """For any class sizes: distinct, the exact count, each class within one of its share."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    count = round(share * len(labels))
    chosen = stratified(labels, count, seed)
    assert len(np.unique(chosen)) == len(chosen) == count
    found = np.bincount(labels[chosen], minlength=len(sizes))
    assert (np.abs(found - np.array(sizes) * count / len(labels)) <= 1).all()
