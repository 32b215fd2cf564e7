"""Rows that mislead a study, by the rule that drops them. The test part loses invalid rows only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from paretune.data.raw_data import blocks
from paretune.data.split import Split


@dataclass(frozen=True)
class Removals:
    """Rows that are left out: numbers of rows of the source, by rule."""

    train: dict[str, np.ndarray] = field(default_factory=dict)
    test: dict[str, np.ndarray] = field(default_factory=dict)
    unreadable: int = 0  # never were rows

    def counts(self) -> dict[str, int]:
        """How many rows each rule has dropped."""
        counts = {rule: len(rows) for rule, rows in self.train.items()}
        if "invalid" in counts:
            counts["invalid"] += self.unreadable
        if self.test.get("invalid", np.zeros(0)).size:
            counts["invalid_test"] = len(self.test["invalid"])
        return counts

    def kept(self, length: int, part: str) -> np.ndarray:
        """The rows that stay, ascending."""
        dropped = self.train if part == "train" else self.test
        stays = np.ones(length, bool)
        for rows in dropped.values():
            stays[rows] = False
        return np.flatnonzero(stays)


def misleading_rows(
    pool: Split,
    test: Split | None,
    rules: tuple[str, ...],
    stays: np.ndarray,  # (n,) ascending rows of the pool that are valid
) -> dict[str, np.ndarray]:
    """Training rows by the rule that drops them, each row by the first that applies.

    `constant`: pictures of one value; `contradictions`: equal rows under different labels, all of
    them; `leaks`: rows of the test part; `duplicates`: all but the first of equal rows.
    """
    found: dict[str, np.ndarray] = {}
    if "constant" in rules:
        found["constant"] = stays[constant_rows(pool.images)[stays]]
        stays = np.setdiff1d(stays, found["constant"], assume_unique=True)
    if not set(rules) & {"contradictions", "leaks", "duplicates"}:
        return found
    mine = row_keys(pool.images)[stays]
    theirs = np.zeros(0, "V16") if test is None else row_keys(test.images)
    _, group = np.unique(np.concatenate([mine, theirs]), return_inverse=True)
    mine_of, theirs_of = group[: len(mine)], group[len(mine) :]
    left = np.ones(len(stays), bool)
    for rule, rows in (
        ("contradictions", _contradicting(mine_of, pool.labels[stays])),
        ("leaks", np.isin(mine_of, theirs_of)),
        ("duplicates", _repeats(mine_of)),
    ):
        if rule in rules:
            found[rule] = stays[rows & left]
            left &= ~rows
    return found


def constant_rows(images: np.ndarray) -> np.ndarray:  # (n,) bool
    """Pictures all of whose values are one. A row of a table may be that by chance."""
    if images.ndim < 3:
        return np.zeros(len(images), bool)
    found = []
    for block in blocks(images):
        rows = images[block].reshape(block.stop - block.start, -1)
        found.append((rows == rows[:, :1]).all(axis=1))
    return np.concatenate(found)


def row_keys(images: np.ndarray) -> np.ndarray:  # (n,) V16
    """A digest of each row: equal keys, equal rows."""
    found = []
    for block in blocks(images):
        rows = np.ascontiguousarray(images[block]).reshape(block.stop - block.start, -1)
        width = rows.dtype.itemsize * rows.shape[1]
        packed = rows.view(f"V{width}").ravel()
        found += [hashlib.blake2b(row, digest_size=16).digest() for row in packed]
    return np.array(found, dtype="V16")


def _contradicting(group: np.ndarray, labels: np.ndarray) -> np.ndarray:
    groups = int(group.max(initial=-1)) + 1
    lowest, highest = np.full(groups, np.iinfo(np.int32).max), np.full(groups, -1)
    np.minimum.at(lowest, group, labels)
    np.maximum.at(highest, group, labels)
    return np.asarray((lowest < highest)[group])


def _repeats(group: np.ndarray) -> np.ndarray:
    repeats = np.ones(len(group), dtype=bool)
    repeats[np.unique(group, return_index=True)[1]] = False
    return repeats
