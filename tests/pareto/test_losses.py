"""Values as losses: less is better, whatever the direction and the scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.study import StudyDirection
from paretune.pareto.losses import sign_of, to_loss, to_losses

MORE, LESS = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE
NUMBERS = st.floats(1e-6, 1e6)


@given(NUMBERS, NUMBERS, st.sampled_from([MORE, LESS]), st.booleans())
def test_the_better_value_has_the_lesser_loss(one, other, direction, log):
    """Both ways, on both scales."""
    losses = [to_loss(value, direction, log=log) for value in (one, other)]
    if sign_of(direction) * one < sign_of(direction) * other:
        assert losses[0] <= losses[1]


def test_an_accuracy_becomes_an_error_and_a_cost_its_logarithm():
    """The scales that models see; nothing is no number of MiB, and no infinite loss either."""
    assert to_loss(0.9, MORE, log=False) == pytest.approx(0.1)
    assert to_loss(1000.0, LESS, log=True) == pytest.approx(3.0)
    assert to_loss(1000.0, MORE, log=True) == pytest.approx(-3.0)
    assert to_loss(5.0, LESS, log=False) == 5.0
    assert np.isfinite(to_loss(0.0, LESS, log=True))


def test_the_losses_of_a_trial_are_in_the_order_of_its_objectives():
    """One for each."""
    found = to_losses([0.9, 100.0], [MORE, LESS], [False, True])
    assert found == pytest.approx([0.1, 2.0])
