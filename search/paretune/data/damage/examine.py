"""All tests of a data set, in one pass over what they need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from paretune.data.cleaning import constant_rows, row_keys
from paretune.data.damage.certain_damage import certain_damage
from paretune.data.damage.distribution import imbalance, shift
from paretune.data.damage.finding import ERROR, WARNING, Examined, Finding
from paretune.data.damage.label_leak import inverted_rows, leaked_labels
from paretune.data.damage.near_duplicates import near_duplicates
from paretune.data.damage.sampled_rows import SampledRows, sample, small_features
from paretune.data.damage.wrong_labels import likely_wrong_labels
from paretune.data.data_options import DataOptions
from paretune.data.part_checks import checked_parts, class_count, invalid_rows
from paretune.data.prepared_form import is_prepared, read_prepared
from paretune.data.raw_data import TEST, TRAIN, RawData, RawPart
from paretune.data.sources import read_source
from paretune.data.split import Split

_LOOK = "look at them"


def examine(options: DataOptions) -> tuple[Examined, dict[str, Split], RawData]:
    """What is in a source and what is wrong with it, with its rows. Raises DataError."""
    raw = _raw(options)
    parts = checked_parts(raw)
    classes = class_count(raw, parts[TRAIN], parts.get(TEST))
    findings = [*certain_damage(raw, parts, classes)]
    valid = {name: _valid(split, classes) for name, split in parts.items()}
    sampled = sample(parts[TRAIN], valid[TRAIN])
    findings += _likely(parts, valid, sampled, classes)
    pool = parts[TRAIN]
    examined = Examined(
        raw.place,
        {name: len(split) for name, split in parts.items()},
        tuple(pool.images.shape[1:]),
        pool.images.dtype.name,
        classes,
        len(sampled.rows) if len(sampled.rows) < len(valid[TRAIN]) else None,
        tuple(findings),
    )
    return examined, parts, raw


def _raw(options: DataOptions) -> RawData:
    if not is_prepared(options.source):
        return read_source(options)
    parts = read_prepared(options.source).parts
    chosen = {name: RawPart(parts[name].images, parts[name].labels) for name in (TRAIN, TEST)}
    return RawData(chosen, options.source)


def _valid(split: Split, classes: int) -> np.ndarray:
    bad = [*invalid_rows(split, classes).values(), np.flatnonzero(constant_rows(split.images))]
    return np.setdiff1d(np.arange(len(split)), np.concatenate(bad))


def _likely(
    parts: dict[str, Split], valid: dict[str, np.ndarray], sampled: SampledRows, classes: int
) -> Iterator[Finding]:
    pool = parts[TRAIN]
    inverted = inverted_rows(pool, sampled.rows)
    yield Finding.of_rows("inverted pictures", TRAIN, WARNING, _LOOK, inverted)
    if pool.images.ndim > 2:
        rows, details = near_duplicates(sampled, row_keys(pool.images)[sampled.rows])
    else:
        rows, details = np.zeros(0, np.int64), []
    yield Finding.of_rows("near duplicates", TRAIN, WARNING, _LOOK, rows, details)
    rows, details = likely_wrong_labels(sampled, classes)
    yield Finding.of_rows("likely wrong labels", TRAIN, WARNING, _LOOK, rows, details)
    # A few inverted pictures are bright everywhere, and would hide a leak.
    leaks = leaked_labels(pool, np.setdiff1d(sampled.rows, inverted), classes)
    advice = "cover these values in every row"
    yield Finding("labels in the pixels", TRAIN, ERROR, advice, len(leaks), details=leaks[:10])
    small = imbalance(pool.labels[valid[TRAIN]], classes)
    advice = "weigh or add rows of the small classes"
    yield Finding("class imbalance", TRAIN, WARNING, advice, len(small), details=small[:10])
    if TEST in parts:
        test = parts[TEST]
        rows = valid[TEST][:: max(len(valid[TEST]) // 20_000, 1)]
        texts = shift(
            sampled.features,
            small_features(test.images, rows),
            sampled.labels,
            test.labels[rows],
        )
        advice = "test on rows like those that it trains on, or say that it does not"
        yield Finding("shift to the test part", TEST, WARNING, advice, len(texts), details=texts)
