"""Damage that is seen without any doubt: in a single row, or in rows that are equal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from paretune.data.cleaning import constant_rows, misleading_rows
from paretune.data.damage.finding import ERROR, WARNING, Finding
from paretune.data.part_checks import invalid_rows
from paretune.data.raw_data import TEST, TRAIN, RawData
from paretune.data.split import Split

_DROPS = 'clean = ["{}"] drops them'


def certain_damage(raw: RawData, parts: dict[str, Split], classes: int) -> Iterator[Finding]:
    """One finding a kind and part, whether there is any damage or not."""
    stays = {}
    for name, split in parts.items():
        yield from _unreadable(raw, name)
        invalid = invalid_rows(split, classes)
        yield from _invalid(name, invalid)
        bad = np.concatenate([np.zeros(0, np.int64), *invalid.values()])
        stays[name] = np.setdiff1d(np.arange(len(split)), bad)
        constant = np.flatnonzero(constant_rows(split.images))
        advice = _DROPS.format("constant")
        yield Finding.of_rows("constant pictures", name, ERROR, advice, constant)
    pool, test = parts[TRAIN], parts.get(TEST)
    left = np.setdiff1d(stays[TRAIN], np.flatnonzero(constant_rows(pool.images)))
    rules = ("contradictions", "leaks", "duplicates")
    rows = misleading_rows(pool, test, rules, left)
    for rule, kind, severity in (
        ("contradictions", "contradicting labels", ERROR),
        ("leaks", "training rows in the test part", ERROR),
        ("duplicates", "exact duplicates", WARNING),
    ):
        details = _labels(pool, rows[rule]) if rule == "contradictions" else ()
        yield Finding.of_rows(kind, TRAIN, severity, _DROPS.format(rule), rows[rule], details)


def _unreadable(raw: RawData, part: str) -> Iterator[Finding]:
    shapes = [text for text in raw.parts[part].unreadable if "pixels, not" in text]
    broken = [text for text in raw.parts[part].unreadable if text not in shapes]
    advice = _DROPS.format("invalid")
    yield Finding("damaged files", part, ERROR, advice, len(broken), details=broken[:10])
    yield Finding("other shapes", part, ERROR, advice, len(shapes), details=shapes[:10])


def _invalid(part: str, invalid: dict[str, np.ndarray]) -> Iterator[Finding]:
    kinds: dict[str, list[np.ndarray]] = {
        "NaN and infinite values": [],
        "missing labels": [],
        "labels out of range": [],
    }
    labels = []
    for reason, rows in invalid.items():
        if "values" in reason:
            kinds["NaN and infinite values"].append(rows)
        elif "missing" in reason:
            kinds["missing labels"].append(rows)
        else:
            kinds["labels out of range"].append(rows)
            labels += [reason] * len(rows)
    for kind, found in kinds.items():
        rows = np.concatenate([np.zeros(0, np.int64), *found])
        details = labels[:10] if kind == "labels out of range" else ()
        yield Finding.of_rows(kind, part, ERROR, _DROPS.format("invalid"), rows, details)


def _labels(split: Split, rows: np.ndarray) -> list[str]:
    return [f"label {label}" for label in split.labels[rows[:10]].tolist()]
