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
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import ToldBill
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
    assert treasury.allowances([(ask(treasury), 2)]) == []
    assert treasury.met() is None
    assert not treasury.is_due()


def ask(treasury):
    """A trial of the study that is about to run."""
    return treasury.stored.study.ask()


def test_allowances_add_up_to_the_budget(treasury_of):
    """If all go on at their devices' full rate, none looks again and all end at the same moment."""
    treasury = treasury_of(gpu_seconds=20.0)
    one, two = ask(treasury), ask(treasury)
    for trial, paid in ((one, 4.0), (two, 1.0)):
        treasury.reserve(trial.number, expects(50.0), Configuration({}))
        treasury.observe(trial.number, paid, None)
    allowed = {number: bill for number, bill, _ in treasury.allowances([(one, 1), (two, 2)])}
    seconds = allowed[one.number] - 4.0
    assert allowed[two.number] - 1.0 == pytest.approx(2 * seconds)
    assert sum(allowed.values()) == pytest.approx(20.0 - 3 * END_SECONDS)
    reasons = {reason for _, _, reason in treasury.allowances([(one, 1), (two, 0)])}
    assert reasons == {"the study's budget of 20 GPU-seconds was spent"}


def test_no_trial_is_allowed_more_than_others_know_of(treasury_of):
    """They count on it should this driver be stopped; a small rise is not worth the writing."""
    treasury = treasury_of(gpu_seconds=100.0)
    one, two = ask(treasury), ask(treasury)
    for trial in (one, two):
        treasury.reserve(trial.number, expects(50.0), Configuration({}))

    def told():
        found = treasury.stored.study.get_trials(deepcopy=False)[one.number].user_attrs
        return ToldBill(*found[records.BILL]).allowed

    def allowed(*own):
        (bill, *_) = [bill for number, bill, _ in treasury.allowances(own) if number == one.number]
        return bill

    first = allowed((one, 1), (two, 1))
    assert first == pytest.approx(told()) == pytest.approx(50.0 - END_SECONDS)
    treasury.observe(one.number, 1.0, None)  # the other has paid less meanwhile
    assert allowed((one, 1), (two, 1)) == pytest.approx(first)
    alone = allowed((one, 1))
    assert alone == pytest.approx(told()) == pytest.approx(100.0 - END_SECONDS)


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
