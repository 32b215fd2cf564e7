"""How the front grew with what was spent."""

from __future__ import annotations

import math

import pytest
from paretune.report.hypervolume_curve import hypervolume_curve
from views import Made, point, study, usual


def test_it_rises_to_one_over_what_was_spent() -> None:
    """Failures cost and add nothing; the end is the whole front and all that was spent by then."""
    made = usual()
    curve = hypervolume_curve(made)
    spent, shares = zip(*curve, strict=True)
    assert list(shares) == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert spent == (5.0, 10.0, 15.0, 20.0)  # after trials 0 to 3; 4 breaks the constraint


@pytest.mark.parametrize("count", [1, 700])
def test_one_trial_and_many(count: int) -> None:
    """A front of one point has a curve; a long study no more than a screen can show."""
    trials = [point(i, 0.91 + i / 1e5, 1.0 + i, 1.0, 1.0) for i in range(count)]
    curve = hypervolume_curve(study(trials))
    assert curve[-1] == (5.0 * count, pytest.approx(1.0))
    assert len(curve) <= 70


def test_odd_figures() -> None:
    """Nothing completed: no curve. An infinite figure, a constant one: a curve without them."""
    assert hypervolume_curve(study([Made(0, None, status=None, feasible=False)])) == []
    trials = [point(0, 0.9, math.inf, 1.0, 1.0), point(1, 0.9, 2.0, 1.0, 1.0)]
    assert hypervolume_curve(study(trials))[-1] == (10.0, pytest.approx(1.0))
