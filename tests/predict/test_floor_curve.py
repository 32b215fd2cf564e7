"""A figure above its floor: a constant beside a power law is told from a power law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from paretune.predict.floor_curve import MEMORY_FLOORS, NO_FLOOR, Curve, Datum
from paretune.predict.regression import Prior

PRIOR = Prior(np.array([1.0]), np.array([0.5]), noise=0.02, drift=0.0)


def data(law, n=12):
    """Along one feature, from -1 to 1."""
    rows = np.linspace(-1, 1, n)[:, None]
    return [Datum(row, law(float(row[0])), float(i)) for i, row in enumerate(rows)]


def test_a_power_law_is_a_line():
    """Without a floor the prediction between the points is right to a few per cent."""
    curve = Curve.fit(data(lambda x: 5 * math.exp(1.2 * x)), PRIOR, floors=NO_FLOOR)
    for x in (-0.55, 0.05, 0.7):
        asked = curve.ask(np.array([x]), 99.0)
        assert asked.median == pytest.approx(5 * math.exp(1.2 * x), rel=0.05)


def test_a_floor_is_found():
    """Ninety MiB that every process needs, and what grows above them."""

    def law(x):
        return 90 + 20 * math.exp(1.5 * x)

    curve = Curve.fit(data(law), PRIOR, floors=MEMORY_FLOORS)
    assert curve.candidates[0].floor > 0
    assert curve.ask(np.array([1.3]), 99.0).median == pytest.approx(law(1.3), rel=0.1)


def test_the_interval_holds_what_follows_the_law():
    """And is as wide as the noise, not less."""
    curve = Curve.fit(data(lambda x: 5 * math.exp(1.2 * x)), PRIOR)
    asked = curve.ask(np.array([0.2]), 99.0)
    assert asked.low < 5 * math.exp(0.24) < asked.high


def test_candidates_weigh_as_much_as_one():
    """The likeliest first."""
    weights = [c.weight for c in Curve.fit(data(lambda x: 2 + x), PRIOR).candidates]
    assert sum(weights) == pytest.approx(1.0)
    assert weights == sorted(weights, reverse=True)


def test_one_observation_is_enough():
    """Far from sure, and near what was seen."""
    curve = Curve.fit([Datum(np.array([0.0]), 3.0, 0.0)], PRIOR)
    assert 1.5 < curve.ask(np.array([0.0]), 1.0).median < 6
