"""What the study's constraints say of its objectives."""

from __future__ import annotations

import math

import pytest
from paretune.inputs.conditions import Condition
from paretune.pareto.objectives import Objectives
from paretune.study.steering.bounds import bounds_of


def bounds(*conditions: Condition) -> list[float]:
    names = ("accuracy", "gpu_seconds", "score")
    return bounds_of(Objectives(names, ("maximize", "minimize", "minimize"), conditions))


def test_a_bound_on_the_worse_side_is_a_greatest_loss():
    """As losses: the error of an accuracy, the logarithm of a cost; the bound itself included."""
    found = bounds(Condition("accuracy", ">=", 0.9), Condition("gpu_seconds", "<=", 100.0))
    assert found == [pytest.approx(0.1), pytest.approx(2.0), math.inf]
    assert found[0] > 1 - 0.9


def test_other_constraints_are_not_among_them():
    """A figure that is no objective, and a bound on an objective's better side."""
    assert (
        bounds(Condition("latency_ms", "<=", 1.0), Condition("score", ">=", 0.5)) == [math.inf] * 3
    )
