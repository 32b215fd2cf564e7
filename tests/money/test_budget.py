"""A budget as rules: what fits, which limit is met, what is counted in dollars."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from paretune.errors import StudyError
from paretune.money.budget import BudgetRules, Committed, check_prices
from paretune.spec.prices import Prices
from paretune.spec.study_spec import Budget
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec


def expects(seconds, basis=Basis.LEARNED):
    return Prediction({"spent_gpu_seconds": Estimate(math.log(seconds), 0.1)}, basis, 10)


def rules(price=None, **budget):
    return BudgetRules(Budget(**budget), price)


def test_concurrent_trials_cannot_overshoot_together():
    """What is reserved for running trials is not free for another one."""
    budget = rules(gpu_seconds=100.0)
    assert budget.objection(expects(30), Committed(40.0)) is None
    objection = budget.objection(expects(30), Committed(40.0, 40.0))
    assert objection.for_budget
    assert "20 of the budget of 100 GPU-seconds are free" in objection.reason


def test_a_guess_holds_nothing_up():
    """Before anything has been measured only the limit itself stops a study."""
    budget = rules(gpu_seconds=10.0)
    assert budget.objection(expects(300, Basis.GUESSED), Committed(0.0)) is None
    assert budget.objection(expects(300, Basis.COUNTED), Committed(0.0)) is not None


def test_dollars_are_gpu_seconds():
    """A budget in money is one in device-seconds, at the price of the kind."""
    budget = rules(0.36 / 3600, dollars=0.02)
    assert budget.limit == pytest.approx(200.0)
    assert budget.met(Committed(200.1), 0.0) == "budget of 0.02 dollars (200 GPU-seconds)"
    assert rules(0.36 / 3600, dollars=0.02, gpu_seconds=50.0).limit == 50.0


def test_wall_seconds_are_met():
    """At its wall seconds a study ends, whatever it has spent."""
    budget = rules(wall_seconds=60.0)
    assert budget.met(Committed(0.0), 59.0) is None
    assert budget.met(Committed(0.0), 61.0) == "budget of 60 wall-seconds"


def test_the_time_that_dying_takes_belongs_to_the_budget():
    """It is met a margin before the last of it is spent."""
    budget = rules(gpu_seconds=100.0)
    assert budget.met(Committed(99.0), 0.0, margin=0.4) is None
    assert budget.met(Committed(99.7), 0.0, margin=0.4) is not None


def test_money_needs_a_price(tmp_path):
    """Counting dollars on a device that has no price is refused, naming the kind and the cure."""
    prices = Prices({"NVIDIA H200": 3.5})
    spec = replace(small_spec(tmp_path), budget=Budget(dollars=1.0), prices=prices)
    with pytest.raises(StudyError, match=r'has none for "cpu-core" \(there are: NVIDIA H200\)'):
        check_prices(spec, "cpu-core")
    check_prices(replace(spec, prices=Prices({"cpu-core": 0.04})), "cpu-core")
