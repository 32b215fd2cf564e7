"""The study's data: training, validation and test images, kept apart. Imports no framework.

`[data]` in a study file:

    source      digits, mnist, fashion_mnist, cifar10, or the path of a .npz file with x_train,
                y_train, x_test, y_test
    validation  share of the training images held out, stratified (digits: 1/4, else 1/6,
                which is MNIST's usual 10,000 of 60,000)
    limit       use only so many training images, stratified
    clean       drop duplicates, contradictions and leaks before the split (default: false)
    seed        of the split (default: 0)

The search sees the validation part only; the test part is for `paretune export`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from paretune.data.raw_data import RawData
from paretune.data.sources import read_source
from paretune.errors import DataError

_FORMAT = 1  # raise it when the same source and options begin to give another split
_VALIDATION = {"digits": 1 / 4}
_VALIDATION_DEFAULT = 1 / 6


@dataclass(frozen=True)
class DataOptions:
    """The `[data]` table, checked."""

    source: str = "digits"
    validation: float | None = None  # share of the training images; None: the source's default
    limit: int | None = None  # training images
    clean: bool = False
    seed: int = 0

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> DataOptions:
        """Raises DataError for an unknown key or a value that cannot be used."""
        known = [item.name for item in fields(cls)]
        for name in table:
            if name not in known:
                raise DataError(f"[data] {name}: unknown; known are {', '.join(known)}")
        options = cls(**table)
        checks: tuple[tuple[str, bool, str], ...] = (
            ("source", isinstance(options.source, str) and bool(options.source), "a name or path"),
            (
                "validation",
                options.validation is None or _number_between(options.validation, 0, 1),
                "a share between 0 and 1",
            ),
            ("limit", options.limit is None or _whole(options.limit, 1), "a whole number >= 1"),
            ("clean", isinstance(options.clean, bool), "true or false"),
            ("seed", _whole(options.seed, 0), "a whole number >= 0"),
        )
        for name, good, wanted in checks:
            if not good:
                raise DataError(f"[data] {name} is {getattr(options, name)!r}; give {wanted}")
        return options


@dataclass(frozen=True)
class Split:
    """Images and their classes."""

    images: np.ndarray  # (n, *input_shape) uint8 or float32
    labels: np.ndarray  # (n,) int32, 0..classes-1

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: np.ndarray) -> Split:
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """Everything a trial may train on, choose by, and be tested on."""

    train: Split
    validation: Split
    test: Split
    classes: int
    fingerprint: str  # of the source's bytes and the options: equal means equal arrays
    cleaning: Mapping[str, int] = field(default_factory=dict)  # images dropped, by reason

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.train.images.shape[1:])


def load(table: Mapping[str, Any]) -> Dataset:
    """The data set that a `[data]` table describes; the same arrays every time.

    Raises DataError where the source is missing, malformed or unsafe to load.
    """
    options = DataOptions.parse(table)
    raw = read_source(options.source)
    pool, test = _split_of(raw, "train"), _split_of(raw, "test")
    classes = _check(pool, test, raw.place)
    cleaning: dict[str, int] = {}
    if options.clean:
        pool, cleaning = clean(pool, test)
    share = options.validation or _VALIDATION.get(options.source, _VALIDATION_DEFAULT)
    held_out = stratified(pool.labels, round(share * len(pool)), options.seed)
    validation, train = pool.take(held_out), pool.take(_others(held_out, len(pool)))
    if options.limit is not None and options.limit < len(train):
        train = train.take(stratified(train.labels, options.limit, options.seed))
    for part, name in ((train, "training"), (validation, "validation")):
        if not len(part):
            raise DataError(
                f"{raw.place}: no {name} images left of {len(pool)}; change [data] validation"
            )
    return Dataset(train, validation, test, classes, _fingerprint(raw, options), cleaning)


def load_once(table: Mapping[str, Any]) -> Dataset:
    """`load`, remembered: what a warm parent has loaded its forks have, read-only."""
    return _remembered(json.dumps(dict(table), sort_keys=True))


@functools.lru_cache(maxsize=1)
def _remembered(table: str) -> Dataset:
    data = load(json.loads(table))
    for split in (data.train, data.validation, data.test):
        split.images.flags.writeable = split.labels.flags.writeable = False
    return data


def stratified(
    labels: np.ndarray,  # (n,)
    count: int,
    seed: int,
) -> np.ndarray:  # (count,) indices, ascending
    """A random sample with the classes' shares kept to within one image each."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    # Every n/count-th of the images sorted by class: shares are kept without any rounding rule.
    return np.sort(by_class[(np.arange(count) * len(labels)) // max(count, 1)])


def clean(pool: Split, test: Split) -> tuple[Split, dict[str, int]]:
    """Training images without what misleads a study, and how many were dropped for which reason.

    `contradictions`: the same image under two labels, all of them; `duplicates`: all but the
    first of equal images; `leaks`: images of the test part. The test part itself stays as it is.
    """
    keys = _row_keys(np.concatenate([pool.images, test.images]))
    _, group = np.unique(keys, return_inverse=True)
    mine, theirs = group[: len(pool)], group[len(pool) :]
    groups = int(group.max()) + 1
    lowest, highest = np.full(groups, np.iinfo(np.int32).max), np.full(groups, -1)
    np.minimum.at(lowest, mine, pool.labels)
    np.maximum.at(highest, mine, pool.labels)
    contradicts = (lowest < highest)[mine]
    leaks = np.isin(mine, theirs) & ~contradicts
    first = np.zeros(len(pool), dtype=bool)
    first[np.unique(mine, return_index=True)[1]] = True
    repeats = ~first & ~contradicts & ~leaks
    kept = pool.take(np.flatnonzero(~(contradicts | leaks | repeats)))
    if len(np.unique(kept.labels)) < len(np.unique(pool.labels)):
        raise DataError("[data] clean = true leaves a class without any image; set it to false")
    counts = {"contradictions": contradicts, "leaks": leaks, "duplicates": repeats}
    return kept, {name: int(dropped.sum()) for name, dropped in counts.items()}


def _row_keys(images: np.ndarray) -> np.ndarray:
    rows = np.ascontiguousarray(images.reshape(len(images), -1))
    width = rows.dtype.itemsize * rows.shape[1]
    return np.array(
        [hashlib.blake2b(row, digest_size=16).digest() for row in rows.view(f"V{width}").ravel()]
    ).view("V16")


def _others(indices: np.ndarray, count: int) -> np.ndarray:
    rest = np.ones(count, dtype=bool)
    rest[indices] = False
    return np.flatnonzero(rest)


def _split_of(raw: RawData, part: str) -> Split:
    x_name, y_name = f"x_{part}", f"y_{part}"
    images, labels = getattr(raw, x_name), getattr(raw, y_name)
    where = f"{raw.place}: {x_name}"
    if images.ndim < 2 or images.dtype.kind not in "uif" or not len(images):
        raise DataError(
            f"{where} has shape {images.shape} and type {images.dtype}; give numbers of shape "
            "(n, height, width) or (n, height, width, channels)"
        )
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8:
        images = images.astype(np.float32)
        if not np.isfinite(images).all():
            raise DataError(f"{where} holds NaN or infinite values; remove those images")
    where = f"{raw.place}: {y_name}"
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        raise DataError(
            f"{where} has shape {labels.shape} and type {labels.dtype}; give whole numbers of "
            "shape (n,), one class a row (one-hot rows: .argmax(axis=1))"
        )
    if len(labels) != len(images):
        raise DataError(f"{where} has {len(labels)} rows for {len(images)} images in {x_name}")
    return Split(images, labels.astype(np.int32))


def _check(pool: Split, test: Split, place: str) -> int:
    """The number of classes, once both parts agree on everything."""
    if pool.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{place}: x_train has images of {pool.images.shape[1:]}, x_test of "
            f"{test.images.shape[1:]}; give both one shape"
        )
    lowest = min(pool.labels.min(), test.labels.min())
    if lowest < 0:
        raise DataError(f"{place}: label {lowest}; count classes from 0")
    classes = int(max(pool.labels.max(), test.labels.max())) + 1
    seen = np.bincount(pool.labels, minlength=classes)
    if not seen.all():
        absent = ", ".join(map(str, np.flatnonzero(seen == 0)[:10]))
        raise DataError(
            f"{place}: labels go up to {classes - 1}, but y_train has no image of class {absent}; "
            "number the classes 0, 1, 2, ... without gaps"
        )
    if classes < 2:
        raise DataError(f"{place}: only one class; there is nothing to learn")
    return classes


def _fingerprint(raw: RawData, options: DataOptions) -> str:
    # The source's name is left out: the same bytes at another path are the same data.
    recipe = {**asdict(options), "source": raw.digest, "format": _FORMAT}
    if options.validation is None:
        recipe["validation"] = _VALIDATION.get(options.source, _VALIDATION_DEFAULT)
    return hashlib.blake2b(json.dumps(recipe, sort_keys=True).encode(), digest_size=16).hexdigest()


def _whole(value: object, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _number_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low < value < high
