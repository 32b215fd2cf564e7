"""Which rows go to which part: stratified, by group, and in an order whose every beginning is
stratified. All of it is decided by a seed.
"""

from __future__ import annotations

import numpy as np


def stratified(
    labels: np.ndarray,  # (n,)
    count: int,
    seed: int,
) -> np.ndarray:  # (count,) indices, ascending
    """A random sample with the classes' shares kept to within one row each."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    # Every n/count-th of the rows sorted by class: shares are kept without any rounding rule.
    return np.sort(by_class[(np.arange(count) * len(labels)) // max(count, 1)])


def whole_groups(
    labels: np.ndarray,  # (n,) classes, 0, 1, ...
    groups: np.ndarray,  # (n,)
    count: int,
    seed: int,
) -> np.ndarray:  # indices, ascending: about `count`
    """Groups that together have about `count` rows and the classes' shares.

    Greedy: of the groups in random order, the larger first, each is taken that brings the counts
    of the classes nearer to what is wanted.
    """
    _, group = np.unique(groups, return_inverse=True)
    number = int(group.max()) + 1
    classes = int(labels.max()) + 1
    table = np.zeros((number, classes))
    np.add.at(table, (group, labels), 1)
    wanted = table.sum(axis=0) * count / len(labels)
    order = np.random.default_rng(seed).permutation(number)
    order = order[np.argsort(-table.sum(axis=1)[order], kind="stable")]
    chosen = np.zeros(number, bool)
    missing = wanted.copy()
    for index in order:
        after = missing - table[index]
        if np.abs(after).sum() < np.abs(missing).sum():
            chosen[index], missing = True, after
    return np.flatnonzero(chosen[group])


def held_out(
    labels: np.ndarray, groups: np.ndarray | None, share: float, seed: int
) -> np.ndarray:  # indices, ascending
    """A share of the rows: by group where there are groups, else exactly stratified."""
    count = round(share * len(labels))
    if groups is None:
        return stratified(labels, count, seed)
    return whole_groups(labels, groups, count, seed)


def nested_order(
    labels: np.ndarray,  # (n,)
    seed: int,
) -> np.ndarray:  # (n,) a permutation
    """An order of which every beginning has the classes' shares, to within one row each.

    So a smaller fraction of the data is part of every larger one.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = labels[order]
    position = np.empty(len(labels))
    for label in np.unique(by_class):
        mine = np.flatnonzero(by_class == label)
        position[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    return order[np.argsort(position, kind="stable")]


def others(indices: np.ndarray, count: int) -> np.ndarray:
    """All of 0 ... count-1 that are not among the indices."""
    rest = np.ones(count, dtype=bool)
    rest[indices] = False
    return np.flatnonzero(rest)
