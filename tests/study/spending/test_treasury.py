"""The budget of a running study: what is free, how often others are looked at, who ends when."""

from __future__ import annotations

import math

import optuna
import pytest
from fake_executor import FakeExecutor, Law
from paretune.money.learned_costs import LearnedCosts
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.sessions import DriverSession
from paretune.study.spending.treasury import END_SECONDS, SYNC_SECONDS, Treasury, sync_seconds
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec


def expects(seconds):
    return Prediction({"spent_gpu_seconds": Estimate(math.log(seconds), 0.0)}, Basis.LEARNED, 9)


@pytest.fixture
def treasury_of(tmp_path):
    def make(**budget):
        spec = small_spec(tmp_path).with_budget(trials=None, **budget)
        stored = StoredStudy(optuna.create_study(directions=["maximize", "minimize"]))
        devices = FakeExecutor(lambda params: Law(1.0, {})).devices
        session = DriverSession(stored, Driver.me(), len(devices))
        return Treasury(stored, spec, LearnedCosts(spec, devices), session)

    return make


def test_what_is_reserved_is_not_free(treasury_of):
    """It is left, though: a trial may yet pay less than it was predicted to."""
    treasury = treasury_of(gpu_seconds=100.0)
    assert treasury.free() == treasury.left() == 100.0
    treasury.reserve(1, expects(30.0), Configuration({}))
    treasury.observe(1, 10.0, None)
    assert treasury.left() == 90.0
    assert treasury.free() == pytest.approx(70.0)
    assert treasury.objection(expects(71.0)).for_budget
    assert treasury.objection(expects(69.0)) is None
    treasury.release(1)
    assert treasury.free() == 100.0  # its bill comes with the storage's next news


def test_without_a_budget_everything_is_free(treasury_of):
    """Nothing is objected to, nothing ends a trial, and nobody needs to look at the storage."""
    treasury = treasury_of(gpu_seconds=None)
    assert treasury.free() == math.inf
    assert treasury.objection(expects(1e9)) is None
    assert treasury.allowances({1: 2}) == []
    assert treasury.met() is None
    assert not treasury.is_due()


def test_allowances_add_up_to_the_budget(treasury_of):
    """If all go on at their devices' full rate, none looks again and all end at the same moment."""
    treasury = treasury_of(gpu_seconds=20.0)
    for number, paid in ((1, 4.0), (2, 1.0)):
        treasury.reserve(number, expects(50.0), Configuration({}))
        treasury.observe(number, paid, None)
    allowed = {number: bill for number, bill, _ in treasury.allowances({1: 1, 2: 2})}
    seconds = allowed[1] - 4.0
    assert allowed[2] - 1.0 == pytest.approx(2 * seconds)
    assert sum(allowed.values()) == pytest.approx(20.0 - 3 * END_SECONDS)
    reasons = {reason for _, _, reason in treasury.allowances({1: 1})}
    assert reasons == {"the study's budget of 20 GPU-seconds was spent"}


def test_a_small_budget_is_begun_on_however_many_devices_there_are(treasury_of):
    """Only what runs, and one more, must have some time left of it."""
    treasury = treasury_of(gpu_seconds=0.5)
    assert treasury.met() is None
    treasury.reserve(1, expects(50.0), Configuration({}))
    treasury.reserve(2, expects(50.0), Configuration({}))
    assert treasury.met() == "budget of 0.5 GPU-seconds"


def test_what_was_worth_asking_for_is_worth_beginning(treasury_of):
    """A trial is not in its own way: it would be given back and asked for again, for ever."""
    treasury = treasury_of(gpu_seconds=0.3)
    assert treasury.met() is None
    treasury.reserve(1, expects(0.1), Configuration({}))
    assert treasury.met(beginning=1) is None
    assert treasury.met() is not None


def test_several_drivers_look_more_often_near_the_limit():
    """Never so rarely that four devices could spend what is left between two looks."""
    assert sync_seconds(1000.0, 4) == SYNC_SECONDS
    for left in (4.0, 1.0, 0.1):
        assert 4 * sync_seconds(left, 4) <= left / 2
    assert sync_seconds(0.0, 4) == 0.0
