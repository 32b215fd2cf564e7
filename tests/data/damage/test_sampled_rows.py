"""Rows as features for tests of likeness."""

from __future__ import annotations

import numpy as np
import pytest
from paretune.data.damage import sampled_rows
from paretune.data.damage.sampled_rows import sample, small_features
from paretune.data.split import Split


@pytest.mark.parametrize(
    ("shape", "width"), [((28, 28, 1), 196), ((15, 9, 3), 126), ((3,), 3), ((1000,), 196)]
)
def test_features_are_few_and_keep_the_mean(shape: tuple[int, ...], width: int) -> None:
    """Means of fields; a flat row stays flat."""
    rows = np.full((5, *shape), 7, np.uint8)
    features = small_features(rows, np.arange(5))
    assert features.shape == (5, width)
    assert features == pytest.approx(7)


def test_more_rows_than_fit_are_drawn_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """From those that may be looked at, in their order, the same ones each time."""
    monkeypatch.setattr(sampled_rows, "MOST_ROWS", 50)
    split = Split(np.random.default_rng(0).normal(size=(300, 4)), np.arange(300) % 3)
    first, second = (sample(split, np.arange(100, 300)) for _ in range(2))
    assert len(first.rows) == len(first.features) == 50
    assert first.rows.min() >= 100
    assert (np.diff(first.rows) > 0).all()
    assert np.array_equal(first.rows, second.rows)
