"""What may be started, by budget, cap and memory; wall seconds of drivers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from paretune.errors import StudyError
from paretune.predict.predictor import MEMORY, Predictor
from paretune.spec.prices import Prices
from paretune.spec.study_spec import Budget
from paretune.study.drivers.sessions import union
from paretune.study.spending import budget as rules
from paretune.study.spending.budget import (
    SYNC_SECONDS,
    Committed,
    Purse,
    check_prices,
    sync_seconds,
)
from paretune.trial.job import Limits
from paretune.trial.prediction import Estimate, Prediction
from small_study import small_spec


def expects(seconds, memory=None, basis="learned"):
    figures = {"spent_gpu_seconds": Estimate(math.log(seconds), 0.1)}
    if memory is not None:
        figures[MEMORY] = Estimate(math.log(memory), 0.05)
    return Prediction(figures, basis, 10)


@pytest.fixture
def purse_of(tmp_path):
    def make(limits=None, prices=None, **budget):
        spec = replace(
            small_spec(tmp_path),
            budget=Budget(**budget),
            limits=limits or Limits(),
            prices=Prices.from_table(prices or {}),
        )
        return Purse(spec, "cpu-core", seed=0)

    return make


@pytest.fixture
def predictor(tmp_path):
    return Predictor.learn(small_spec(tmp_path).space, 2, [])


def test_concurrent_trials_cannot_overshoot_together(purse_of, predictor):
    """What is reserved for running trials is not free for another one."""
    purse = purse_of(gpu_seconds=100.0)
    assert purse.judge(expects(30), predictor, Committed(40.0), wished=False) is None
    refusal = purse.judge(expects(30), predictor, Committed(40.0, 40.0), wished=False)
    assert refusal.for_budget
    assert "20 of the budget of 100 GPU-seconds are free" in refusal.reason


def test_a_guess_holds_nothing_up(purse_of, predictor):
    """Before anything has been measured only the limit itself stops a study."""
    purse = purse_of(gpu_seconds=10.0)
    guess = expects(300, basis="guessed")
    assert purse.judge(guess, predictor, Committed(0.0), wished=False) is None


def test_the_end_comes_when_nothing_fits(purse_of, predictor):
    """After enough configurations in a row that do not fit the rest, the study says so and ends."""
    purse = purse_of(gpu_seconds=100.0)
    for _ in range(rules.REFUSALS):
        assert purse.reached(1, Committed(90.0), 0.0) is None
        assert purse.judge(expects(30), predictor, Committed(90.0), wished=False) is not None
    assert "10.0 of the budget" in purse.reached(1, Committed(90.0), 0.0)


def test_one_that_fits_resets_the_count(purse_of, predictor):
    """A cheaper configuration is started in place of those that were too dear."""
    purse = purse_of(gpu_seconds=100.0)
    purse.judge(expects(30), predictor, Committed(90.0), wished=False)
    assert purse.judge(expects(5), predictor, Committed(90.0), wished=False) is None
    assert purse.refused == 0


def test_dollars_are_gpu_seconds(purse_of):
    """A budget in money is one in device-seconds, at the price of the kind."""
    purse = purse_of(dollars=0.02, prices={"cpu-core": 0.36})
    assert purse.limit == pytest.approx(200.0)
    assert "0.02 dollars (200 GPU-seconds)" in purse.spent_up(Committed(200.1), 0.0)
    assert purse_of(dollars=0.02, gpu_seconds=50.0, prices={"cpu-core": 0.36}).limit == 50.0


def test_wall_seconds_end_it(purse_of):
    """At its wall seconds a study ends, whatever it has spent."""
    purse = purse_of(wall_seconds=60.0)
    assert purse.spent_up(Committed(0.0), 59.0) is None
    assert "60 wall-seconds" in purse.spent_up(Committed(0.0), 61.0)


def test_running_trials_stop_before_the_limit(purse_of):
    """The seconds until the next look belong to the budget as well."""
    purse = purse_of(gpu_seconds=100.0)
    assert purse.spent_up(Committed(99.0), 0.0, margin=0.4) is None
    assert purse.spent_up(Committed(99.7), 0.0, margin=0.4) is not None


def test_several_drivers_look_more_often_near_the_limit():
    """Never so rarely that four devices could spend what is left between two looks."""
    assert sync_seconds(1000.0, 4) == SYNC_SECONDS
    for left in (4.0, 1.0, 0.1):
        assert 4 * sync_seconds(left, 4) <= left / 2
    assert sync_seconds(0.0, 4) == 0.0


def test_over_the_cap_is_skipped_but_explored(purse_of, predictor):
    """A configuration surely over [limits] is skipped; a small share of such runs all the same."""
    purse = purse_of(limits=Limits(gpu_seconds=10.0), trials=1000)
    judged = [purse.judge(expects(30), predictor, Committed(0.0), wished=False) for _ in range(400)]
    refused = [refusal for refusal in judged if refusal is not None]
    assert all("limits.gpu_seconds = 10" in r.reason and not r.for_budget for r in refused)
    assert 0.85 < len(refused) / len(judged) < 0.99


def test_what_does_not_fit_the_memory_is_skipped(purse_of, predictor):
    """Predicted memory against what there was when a trial ran out of it."""
    purse = purse_of(trials=10)
    predictor.capacity_mib = 100.0
    refusal = purse.judge(expects(1, memory=150), predictor, Committed(0.0), wished=False)
    assert "predicted to need 150 MiB" in refusal.reason
    assert purse.judge(expects(1, memory=80), predictor, Committed(0.0), wished=False) is None


def test_a_users_own_wish_runs(purse_of, predictor):
    """A baseline runs though it is predicted not to fit; only the budget stops it."""
    purse = purse_of(gpu_seconds=100.0)
    predictor.capacity_mib = 100.0
    dear = expects(1, memory=150)
    assert purse.judge(dear, predictor, Committed(0.0), wished=True) is None
    assert purse.judge(dear, predictor, Committed(99.5), wished=True) is not None


def test_money_needs_a_price(tmp_path):
    """Counting dollars on a device that has no price is refused, naming the kind and the cure."""
    prices = Prices({"NVIDIA H200": 3.5})
    spec = replace(small_spec(tmp_path), budget=Budget(dollars=1.0), prices=prices)
    with pytest.raises(StudyError, match=r'has none for "cpu-core" \(there are: NVIDIA H200\)'):
        check_prices(spec, "cpu-core")
    check_prices(replace(spec, prices=Prices({"cpu-core": 0.04})), "cpu-core")


def test_wall_seconds_of_several_drivers():
    """Time in which two drivers were at work counts once."""
    assert union([(0, 10), (5, 20), (30, 31)]) == 21
    assert union([]) == 0
