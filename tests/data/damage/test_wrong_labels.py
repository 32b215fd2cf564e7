"""Labels that the rows around a row contradict."""

from __future__ import annotations

import numpy as np
from paretune.data.damage.sampled_rows import sample
from paretune.data.damage.wrong_labels import likely_wrong_labels, out_of_fold_shares
from paretune.data.split import Split


def clouds(count: int = 600) -> Split:
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    points = generator.normal(size=(count, 5)) + 12 * np.eye(3, 5)[labels]
    return Split(points.astype(np.float32), labels)


def test_a_row_in_the_midst_of_another_class_is_named() -> None:
    """With what it looks like; nothing else is."""
    split = clouds()
    split.labels[[30, 301]] = [2, 2]
    rows, details = likely_wrong_labels(sample(split, np.arange(600)), 3)
    assert sorted(rows.tolist()) == [30, 301]
    assert set(details) == {"label 2, looks like 0", "label 2, looks like 1"}


def test_a_rare_class_is_not_judged() -> None:
    """Three rows among hundreds have no neighbours of their own."""
    split = clouds()
    split.labels[[0, 1, 2]] = 3
    assert likely_wrong_labels(sample(split, np.arange(600)), 4)[0].size == 0


def test_shares_are_of_other_folds_and_sum_to_one() -> None:
    """A row never speaks for itself: of labels by chance, none is sure."""
    generator = np.random.default_rng(1)
    points = generator.normal(size=(500, 3)).astype(np.float32)
    labels = generator.integers(0, 2, 500)
    shares = out_of_fold_shares(points, labels, 2, seed=0)
    assert np.allclose(shares.sum(axis=1), 1)
    right = shares[np.arange(500), labels].mean()
    assert abs(right - 0.5) < 0.05


def test_few_rows_are_not_judged_at_all() -> None:
    """There is nothing to compare with."""
    split = clouds(60)
    assert likely_wrong_labels(sample(split, np.arange(60)), 3)[0].size == 0
