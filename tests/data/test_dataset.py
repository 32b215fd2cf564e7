"""The study's data: splits, options, cleaning, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.data.bundled_digits import read_digits
from paretune.data.dataset import load
from paretune.data.split import Split
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


@pytest.mark.parametrize("seed", [0, 1])
def test_no_writer_of_the_digits_is_in_two_parts(seed: int) -> None:
    """Validation is of people apart, as the test part is: so the order of models carries over."""
    raw = read_digits().parts["train"]
    assert raw.groups is not None
    writer_of = {image.tobytes(): who for image, who in zip(raw.rows, raw.groups, strict=True)}
    data = load({"seed": seed})

    def writers(split: Split) -> set[int]:
        return {writer_of[image[..., 0].tobytes()] for image in split.images}

    parts = [writers(data.train), writers(data.validation)]
    assert [len(part) for part in parts] == [8, 3]
    assert not parts[0] & parts[1]
    assert not {image[..., 0].tobytes() for image in data.test.images} & writer_of.keys()


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
        (
            {"x_train": np.full((80, 6, 5), np.nan), "x_test": np.zeros((20, 6, 5))},
            ["80 of 80 rows of x_train", "NaN", "row 0, 1, 2"],
        ),
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
    assert data.cleaning == {
        "invalid": 0,
        "constant": 0,
        "contradictions": 2,
        "leaks": 1,
        "duplicates": 2,
    }
    assert len(data.train) + len(data.validation) == 75
    assert len(data.test) == 20
    kept = {image.tobytes() for part in (data.train, data.validation) for image in part.images}
    assert x_train[0].tobytes() in kept
    assert x_train[10].tobytes() not in kept
    assert x_test[5].tobytes() not in kept
    assert load({"source": path}).cleaning == {}


def in_two_scales(kind: type, factor: float) -> dict[str, Any]:
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (100, 6, 5))
    return {"x_train": images[:80].astype(np.uint8), "x_test": (images[80:] * factor).astype(kind)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (in_two_scales(np.float32, 1 / 255), ["x_train holds uint8, x_test float32"]),
        (in_two_scales(np.uint16, 257), ["x_train holds uint8, x_test uint16"]),
        (in_two_scales(np.uint8, 1 / 128), ["x_test reaches 1, x_train 255"]),
        (
            {"x_train": np.zeros((80, 3, 28, 28), np.uint8)},
            ["3 channels first", "np.moveaxis(x, 1, -1)"],
        ),
        (
            {"y_train": np.where(np.arange(80) == 3, 255, np.arange(80) % 4), "y_test": None},
            ["y_test missing"],
        ),
        ({"x_train": np.full((80, 6, 5), 2**30), "x_test": None, "y_test": None}, ["2^24"]),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    """Two scales would test a network on black images, and hide every leak between the parts."""
    path = write_npz(tmp_path / "bad.npz", **changes)
    with pytest.raises(DataError) as caught:
        load({"source": path})
    for word in words:
        assert word.replace("2^24", "16,777,216") in str(caught.value)


def spoilt(path: Path) -> str:
    """Of 400 training rows: two not finite, two with labels that are none; of 100 test rows one."""
    generator = np.random.default_rng(3)
    x_train = generator.normal(size=(400, 6, 5)).astype(np.float32)
    x_test = generator.normal(size=(100, 6, 5)).astype(np.float32)
    y_train = np.arange(400) % 4
    x_train[7, 2, 2], x_train[30], x_test[9, 0, 0] = np.nan, np.inf, np.nan
    y_train[11], y_train[12] = 255, -1
    return write_npz(
        path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=np.arange(100) % 4
    )


def test_bad_rows_are_named_with_their_numbers(tmp_path: Path) -> None:
    """Each kind with its count and its first rows: nobody searches 60,000 rows by hand."""
    with pytest.raises(DataError) as caught:
        load({"source": spoilt(tmp_path / "spoilt.npz")})
    message = str(caught.value)
    for words in (
        "2 of 400 rows of x_train hold NaN or infinite values (row 7, 30)",
        "1 of 400 rows of y_train have label 255 (row 11)",
        "label -1 (missing) (row 12)",
        "clean = true",
    ):
        assert words in message


def test_bad_rows_never_lose_the_set(tmp_path: Path) -> None:
    """With the rule for them they are dropped and counted; in the test part, too."""
    path = spoilt(tmp_path / "spoilt.npz")
    for clean in (True, ["invalid"]):
        data = load({"source": path, "clean": clean})
        assert data.cleaning["invalid"] == 4
        assert data.cleaning["invalid_test"] == 1
        assert data.classes == 4
        assert len(data.train) + len(data.validation) == 396
        assert len(data.test) == 99
        assert np.isfinite(data.train.images).all()
    with pytest.raises(DataError, match="row 7"):
        load({"source": path, "clean": ["duplicates"]})


def test_constant_pictures_are_dropped_by_their_own_rule(tmp_path: Path) -> None:
    """Two of them under different labels are no contradiction: they are nothing at all."""
    x_train = np.random.default_rng(4).integers(0, 256, (80, 6, 5), dtype=np.uint8)
    x_train[[3, 9, 20]] = 128
    path = write_npz(tmp_path / "flat.npz", x_train=x_train)
    cleaning = load({"source": path, "clean": True}).cleaning
    assert (cleaning["constant"], cleaning["contradictions"]) == (3, 0)


def test_a_source_without_a_test_part_is_divided_in_three(tmp_path: Path) -> None:
    """Reproducibly; rows of one group are in one part only."""
    groups = np.repeat(np.arange(120), 5)
    rows = np.random.default_rng(5).normal(size=(600, 7)).astype(np.float32)
    rows[:, 0] = groups
    path = tmp_path / "grouped.npz"
    labels = (groups * 7) % 3
    np.savez(path, x_train=rows, y_train=labels, group_train=groups)
    data = load({"source": str(path), "test": 0.2, "validation": 0.25})
    parts = (data.train, data.validation, data.test)
    assert [len(part) for part in parts] == [360, 120, 120]
    seen = [set(part.images[:, 0]) for part in parts]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 120
    for part in parts:
        assert np.bincount(part.labels).min() > 0.8 * len(part) / 3
    again = load({"source": str(path), "test": 0.2, "validation": 0.25})
    assert np.array_equal(again.test.images, data.test.images)


def test_a_fingerprint_tells_what_has_changed(tmp_path: Path) -> None:
    """Its three parts are of the rows, of the labels and of the split."""
    labels = np.arange(80) % 4
    plain = load({"source": write_npz(tmp_path / "a.npz")}).fingerprint.split(".")
    swapped = np.concatenate([labels[4:], labels[:4][::-1]])
    other = load({"source": write_npz(tmp_path / "b.npz", y_train=swapped)}).fingerprint.split(".")
    seed = load({"source": write_npz(tmp_path / "a.npz"), "seed": 1}).fingerprint.split(".")
    assert [a == b for a, b in zip(plain, other, strict=True)] == [True, False, True]
    assert [a == b for a, b in zip(plain, seed, strict=True)] == [True, True, False]


def test_a_fraction_of_the_training_rows_is_part_of_every_larger_one() -> None:
    """Stratified and nested, so that a smaller one stands for the larger in every cost model."""
    data = load({"source": "digits"})
    small, large = (data.fraction_of_train(share) for share in (0.1, 0.5))
    assert len(small) == round(0.1 * len(data.train))
    rows = [{image.tobytes() for image in part.images} for part in (small, large, data.train)]
    assert rows[0] < rows[1] < rows[2]
    counts = np.bincount(small.labels) / (0.1 * np.bincount(data.train.labels))
    assert counts.min() > 0.85
    assert data.fraction_of_train(1.0) is data.train
