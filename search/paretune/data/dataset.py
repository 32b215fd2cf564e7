"""The study's data: training, validation and test rows, kept apart. Imports no framework.

The search sees the validation part only; the test part is for `paretune export`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from paretune.data.cleaning import Removals, misleading_rows
from paretune.data.data_options import DataOptions
from paretune.data.part_checks import checked_parts, class_count, invalid_rows, refuse_invalid
from paretune.data.prepared_form import is_prepared, read_prepared
from paretune.data.raw_data import TEST, TRAIN, RawData, array_digest
from paretune.data.sources import read_source
from paretune.data.split import Split
from paretune.data.splitting import held_out, nested_order, others, stratified
from paretune.errors import DataError

_FORMAT = 2  # raise it when the same source and options begin to give another split
_VALIDATION = {"digits": 1 / 4}
_VALIDATION_DEFAULT = _TEST_DEFAULT = 1 / 6  # MNIST's usual 10,000 of 60,000


@dataclass(frozen=True)
class SplitPlan:
    """Which rows of a source are in which part, before any of them is copied."""

    pool: Split  # of which the rows of training and validation are taken
    test_pool: Split
    rows: Mapping[str, np.ndarray]  # of "train", "validation" and "test": ascending
    classes: int
    class_names: tuple[str, ...]
    removals: Removals
    fingerprint: str
    raw: RawData

    def pool_of(self, part: str) -> Split:
        """The rows that a part's numbers count."""
        return self.test_pool if part == TEST else self.pool


@dataclass(frozen=True)
class Dataset:
    """Everything a trial may train on, choose by, and be tested on."""

    train: Split
    validation: Split
    test: Split
    classes: int
    fingerprint: str  # of the rows, the labels and the split: equal means equal arrays
    cleaning: Mapping[str, int] = field(default_factory=dict)  # rows dropped, by rule

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.train.images.shape[1:])

    def with_fraction(self, share: float) -> Dataset:
        """The same data with a part of the training rows only."""
        return self if share >= 1 else replace(self, train=self.fraction_of_train(share))

    def fraction_of_train(self, share: float, seed: int = 0) -> Split:
        """A stratified part of the training rows; a smaller one is part of every larger."""
        if share >= 1:
            return self.train
        count = max(round(share * len(self.train)), self.classes)
        return self.train.take(np.sort(nested_order(self.train.labels, seed)[:count]))


def load(table: Mapping[str, Any]) -> Dataset:
    """The data set that a `[data]` table describes; the same arrays every time.

    Raises DataError where the source is missing, malformed or unsafe to load.
    """
    options = DataOptions.parse(table)
    if is_prepared(options.source):
        return _prepared(options)
    plan = plan_split(options)
    parts = {name: plan.pool_of(name).take(rows) for name, rows in plan.rows.items()}
    return Dataset(
        parts[TRAIN],
        parts["validation"],
        parts[TEST],
        plan.classes,
        plan.fingerprint,
        plan.removals.counts() if options.rules else {},
    )


def load_once(table: Mapping[str, Any]) -> Dataset:
    """`load`, remembered: what a warm parent has loaded its forks have, read-only."""
    return _remembered(json.dumps(dict(table), sort_keys=True))


@functools.lru_cache(maxsize=1)
def _remembered(table: str) -> Dataset:
    data = load(json.loads(table))
    for split in (data.train, data.validation, data.test):
        split.images.flags.writeable = split.labels.flags.writeable = False
    return data


def plan_split(options: DataOptions) -> SplitPlan:
    """Read the source, find what is wrong with it, and divide its rows. Raises DataError."""
    raw = read_source(options)
    parts = checked_parts(raw)
    pool, own_test = parts[TRAIN], parts.get(TEST)
    classes = class_count(raw, pool, own_test)
    removals = _removals(raw, parts, classes, options.rules)
    kept = removals.kept(len(pool), TRAIN)
    if len(np.unique(pool.labels[kept])) < classes:
        raise DataError(
            f"{raw.place}: [data] clean leaves a class without any row; set it to false"
        )
    rows = {}
    groups = raw.parts[TRAIN].groups
    if own_test is None:
        share = options.test or _TEST_DEFAULT
        rows[TEST] = kept[_chosen(pool.labels[kept], groups, kept, share, options.seed)]
        kept = np.setdiff1d(kept, rows[TEST], assume_unique=True)
    else:
        rows[TEST] = removals.kept(len(own_test), TEST)
    share = options.validation or _VALIDATION.get(options.source, _VALIDATION_DEFAULT)
    chosen = _chosen(pool.labels[kept], groups, kept, share, options.seed)
    rows["validation"] = kept[chosen]
    rows[TRAIN] = kept[others(chosen, len(kept))]
    if options.limit is not None and options.limit < len(rows[TRAIN]):
        labels = pool.labels[rows[TRAIN]]
        rows[TRAIN] = rows[TRAIN][stratified(labels, options.limit, options.seed)]
    for name, left in rows.items():
        if not len(left):
            word = "training" if name == TRAIN else name
            raise DataError(
                f"{raw.place}: no {word} rows left of {len(pool)}; change [data] validation, "
                "test or limit"
            )
    return SplitPlan(
        pool,
        pool if own_test is None else own_test,
        rows,
        classes,
        raw.class_names,
        removals,
        _fingerprint(raw, parts, options),
        raw,
    )


def _chosen(
    labels: np.ndarray, groups: np.ndarray | None, rows: np.ndarray, share: float, seed: int
) -> np.ndarray:
    return held_out(labels, None if groups is None else groups[rows], share, seed)


def _removals(
    raw: RawData, parts: Mapping[str, Split], classes: int, rules: tuple[str, ...]
) -> Removals:
    invalid = {name: invalid_rows(split, classes) for name, split in parts.items()}
    if "invalid" not in rules:
        for name, found in invalid.items():
            refuse_invalid(raw, name, found, len(parts[name]))
    rows = {
        name: np.unique(np.concatenate([np.zeros(0, np.int64), *found.values()]))
        for name, found in invalid.items()
    }
    unreadable = sum(len(part.unreadable) for part in raw.parts.values())
    dropped = {"invalid": rows[TRAIN]} if "invalid" in rules else {}
    stays = np.setdiff1d(np.arange(len(parts[TRAIN])), rows[TRAIN], assume_unique=True)
    dropped |= misleading_rows(parts[TRAIN], parts.get(TEST), rules, stays)
    return Removals(dropped, {"invalid": rows[TEST]} if TEST in rows else {}, unreadable)


def _prepared(options: DataOptions) -> Dataset:
    """A prepared source: its split is made."""
    defaults = DataOptions(source=options.source, limit=options.limit)
    for name, value in asdict(options).items():
        if value != getattr(defaults, name):
            raise DataError(
                f"[data] {name} is {value!r}, but {options.source} is prepared, and divided "
                "already; leave it out, or prepare the data again with it"
            )
    form = read_prepared(options.source)
    train, fingerprint = form.parts[TRAIN], form.fingerprint
    if options.limit is not None and options.limit < len(train):
        train = train.take(stratified(train.labels, options.limit, options.seed))
        fingerprint = f"{fingerprint}-{options.limit}"
    return Dataset(
        train,
        form.parts["validation"],
        form.parts[TEST],
        form.classes,
        fingerprint,
        form.cleaning,
    )


def _fingerprint(raw: RawData, parts: Mapping[str, Split], options: DataOptions) -> str:
    """Of rows, labels and split, so that it can be told which of them has changed.

    The source's name is left out: the same data at another path are the same.
    """
    recipe = {**asdict(options), "format": _FORMAT}
    for name in ("source", "sha256"):
        del recipe[name]
    if options.validation is None:
        recipe["validation"] = _VALIDATION.get(options.source, _VALIDATION_DEFAULT)
    recipe["groups"] = [
        None if part.groups is None else array_digest(part.groups) for part in raw.parts.values()
    ]
    images = [array_digest(split.images) for split in parts.values()]
    labels = [array_digest(split.labels) for split in parts.values()]
    return ".".join(map(_short, (images, [labels, raw.class_names], recipe)))


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
