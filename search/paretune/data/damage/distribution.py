"""What is wrong with a part as a whole: classes of very different size, and parts that differ."""

from __future__ import annotations

import numpy as np

_RATIO = 10.0
_SHIFT = 0.5  # Cohen's d: a medium effect
_SURE = 5.0  # standard errors
_SHARES = 0.1  # total variation


def imbalance(labels: np.ndarray, classes: int) -> list[str]:
    """Classes of which there are ten times fewer rows than of the largest."""
    counts = np.bincount(labels, minlength=classes)
    small = np.flatnonzero(counts * _RATIO < counts.max())
    return [f"class {label}: {counts[label]:,} of {counts.max():,} rows" for label in small]


def shift(
    train: np.ndarray,  # (n, d) features
    test: np.ndarray,  # (m, d)
    train_labels: np.ndarray,
    test_labels: np.ndarray,
) -> list[str]:
    """How the test part differs from the training part beyond chance: its values, its classes."""
    found = []
    for name, of in (("mean", np.mean), ("spread", np.std)):
        here, there = of(train, axis=1), of(test, axis=1)
        effect, errors = _difference(here, there)
        if abs(effect) > _SHIFT and abs(errors) > _SURE:
            found.append(
                f"the rows' {name} is {there.mean():.4g} in the test part, {here.mean():.4g} in "
                "the training part"
            )
    width = max(train_labels.max(initial=0), test_labels.max(initial=0)) + 1
    shares = [
        np.bincount(each, minlength=width) / len(each) for each in (train_labels, test_labels)
    ]
    variation = float(np.abs(shares[0] - shares[1]).sum() / 2)
    chance = np.sqrt(width * (1 / len(train_labels) + 1 / len(test_labels)))
    if variation > _SHARES and variation > chance:
        label = int(np.argmax(np.abs(shares[0] - shares[1])))
        found.append(
            f"class {label} has {shares[1][label]:.1%} of the test part, {shares[0][label]:.1%} of "
            "the training part"
        )
    return found


def _difference(here: np.ndarray, there: np.ndarray) -> tuple[float, float]:
    """Of two means: in standard deviations, and in standard errors."""
    spread = float(np.sqrt((here.var() + there.var()) / 2)) or 1e-12
    error = float(np.sqrt(here.var() / len(here) + there.var() / len(there))) or 1e-12
    gap = float(there.mean() - here.mean())
    return gap / spread, gap / error
