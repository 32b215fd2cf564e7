"""Parts as a whole."""

from __future__ import annotations

import numpy as np
from paretune.data.damage.distribution import imbalance, shift


def test_classes_ten_times_smaller_are_named() -> None:
    """Down to those of which there is nothing."""
    labels = np.repeat([0, 1, 2], [1000, 101, 99])
    assert imbalance(labels, 4) == ["class 2: 99 of 1,000 rows", "class 3: 0 of 1,000 rows"]


def test_chance_is_no_shift() -> None:
    """Two samples of one source, also small ones."""
    generator = np.random.default_rng(0)
    for count in (30, 3000):
        here, there = (generator.normal(size=(count, 9)) for _ in range(2))
        classes = [generator.integers(0, 3, count) for _ in range(2)]
        assert shift(here, there, *classes) == []


def test_a_shift_is_named_by_what_differs() -> None:
    """The level, the spread, the classes."""
    generator = np.random.default_rng(0)
    here = generator.normal(size=(1000, 9))
    labels = generator.integers(0, 3, 1000)
    brighter, wider = shift(here, here + 1, labels, labels), shift(here, here * 3, labels, labels)
    assert "mean is 1" in brighter[0]
    assert any("spread" in text for text in wider)
    (classes,) = shift(here, here, labels, np.minimum(labels, 1))
    assert "class 2 has 0.0% of the test part" in classes or "class 1" in classes
