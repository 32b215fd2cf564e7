"""May a trial begin? Who is asked, in which order, and what is written once it is decided."""

from __future__ import annotations

import math
from types import SimpleNamespace

import optuna
import pytest
from fake_executor import Law
from fake_study import FakeStudy
from paretune.money.budget import Objection
from paretune.report.totals import Totals
from paretune.samplers import ExpectedLosses
from paretune.stoppers import Verdict
from paretune.study import admission as rules
from paretune.study.admission import Admission
from paretune.study.asked_trial import AskedTrial
from paretune.study.steering.sampling import reading_of
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.trial.configuration import Configuration
from paretune.trial.outcome import Status
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec

TOO_DEAR = Objection("too dear", for_budget=True)
UNPROMISING = Verdict("is not worth it", ExpectedLosses((0.5, 1.0), (0.1, 0.1)))


class Money:
    """Predicts, objects, reserves; as the treasury does."""

    def __init__(self, objection=None, chance_of_fitting=1.0):
        self.objects = objection
        self.reserved = []
        self.predictor = SimpleNamespace(
            chance_of_fitting=lambda prediction: chance_of_fitting, capacity_mib=10.0
        )

    def predict(self, configuration, planned):
        figures = {
            "spent_gpu_seconds": Estimate(math.log(5.0), 0.1),
            "peak_memory_mib": Estimate(math.log(20.0), 0.1),
        }
        return Prediction(figures, Basis.LEARNED, 9)

    def objection(self, prediction):
        return self.objects

    def reserve(self, number, prediction, configuration):
        self.reserved.append(number)


class Judge:
    """The stopper's side."""

    def __init__(self, verdict=None):
        self.verdict, self.asked, self.noted = verdict, 0, []

    def before(self, configuration, prediction):
        self.asked += 1
        return self.verdict

    def note_verdict(self, trial, verdict, whole, spent):
        self.noted.append(trial.number)


@pytest.fixture
def admit(tmp_path, monkeypatch):
    """admit(money, judge, baseline=..., may_wait=...) -> (decision, the trial as stored)."""
    monkeypatch.setattr(rules, "EXPLORED", 0.0)
    stored = StoredStudy(optuna.create_study(directions=["maximize", "minimize"]))
    made = {}

    def admit(money, judge, *, baseline=None, may_wait=False, gpu_count=1):
        key = (id(money), id(judge))
        if key not in made:
            made[key] = Admission(stored, small_spec(tmp_path), money, judge, most_devices=2)
        asked = AskedTrial(stored.ask(), Configuration({"gpu_count": gpu_count}), baseline)
        decision = made[key].decide(asked, may_wait=may_wait)
        return decision, stored.study.trials[asked.number]

    return admit


def test_what_nothing_speaks_against_is_reserved_for(admit):
    """It begins, and nothing is written of it."""
    money, judge = Money(), Judge()
    decision, trial = admit(money, judge)
    assert decision.admitted
    assert money.reserved == [trial.number]
    assert trial.state.name == "RUNNING"
    assert trial.user_attrs == {}


def test_the_budget_comes_before_all_else(admit):
    """What does not fit is told as failed, of which no sampler learns; no stopper is asked."""
    judge = Judge(UNPROMISING)
    decision, trial = admit(Money(TOO_DEAR, chance_of_fitting=0.0), judge)
    assert decision.objection is TOO_DEAR
    assert (trial.state.name, trial.user_attrs["error"]) == ("FAIL", "too dear")
    assert judge.asked == 0


def test_what_may_fit_later_is_left_alone(admit):
    """While others run that may leave something, nothing is written of it."""
    decision, trial = admit(Money(TOO_DEAR), Judge(), may_wait=True)
    assert decision.postponed
    assert (trial.state.name, trial.user_attrs) == ("RUNNING", {})


def test_what_does_not_fit_the_memory_is_skipped(admit):
    """It is told as pruned, so that the sampler learns from it."""
    decision, trial = admit(Money(chance_of_fitting=0.1), judge := Judge(UNPROMISING))
    assert "predicted to need 20 MiB" in decision.objection.reason
    assert (trial.state.name, trial.user_attrs[records.STATUS]) == ("PRUNED", "skipped")
    assert judge.noted == []


def test_what_the_stopper_expects_nothing_of_is_not_begun(admit):
    """Where it was heading is kept with it."""
    decision, trial = admit(Money(), judge := Judge(UNPROMISING))
    assert decision.objection.reason == "not begun: it is not worth it"
    assert judge.noted == [trial.number]
    assert trial.state.name == "PRUNED"


def test_a_users_own_baseline_is_only_held_against_the_budget(admit):
    """It was asked for: neither memory nor stopper keeps it from beginning."""
    judge = Judge(UNPROMISING)
    assert admit(Money(chance_of_fitting=0.0), judge, baseline=1)[0].admitted
    assert judge.asked == 0
    assert admit(Money(TOO_DEAR), judge, baseline=1)[0].objection is TOO_DEAR


def test_more_devices_than_there_are(admit):
    """A trial that was fixed where there were more cannot run here, baseline or not."""
    decision, trial = admit(Money(), Judge(), baseline=1, gpu_count=3)
    assert decision.objection.reason == "it needs 3 devices, and a trial can have 2 here"
    assert trial.state.name == "PRUNED"


def test_a_few_are_explored_all_the_same(admit, monkeypatch):
    """A small share, and one after many in a row; nothing of the objection is kept with them."""
    money, judge = Money(), Judge(UNPROMISING)
    decided = [admit(money, judge)[0].admitted for _ in range(rules.EXPLORED_AFTER + 2)]
    assert decided == [False] * rules.EXPLORED_AFTER + [True, False]
    assert len(judge.noted) == rules.EXPLORED_AFTER + 1
    monkeypatch.setattr(rules, "EXPLORED", 1.0)
    decision, trial = admit(money, judge)
    assert decision.admitted
    assert trial.user_attrs == {}


class Refusing:
    """A stopper that expects nothing of any trial, and lets those that run go on."""

    def should_stop(self, view, progress):
        return UNPROMISING if not progress.curve else None


def test_an_explored_trial_that_completes_is_like_any_other(tmp_path, monkeypatch):
    """It is not counted as given up, saves nothing, and costs what it cost."""
    monkeypatch.setattr(rules, "EXPLORED", 1.0)
    objectives = 'accuracy = "maximize"\ngpu_seconds = "minimize"'
    spec = small_spec(tmp_path, trials=3, sampler="random", objectives=objectives)
    law = lambda params: Law(1.0, {"accuracy": 0.5})  # noqa: E731
    study = FakeStudy(spec, law, tmp_path / "files", stopper=Refusing())
    study.run()
    assert [record.status for record in study.records] == [Status.COMPLETED] * 3
    assert Totals.of(study.records).stopped == 0
    cost = reading_of(spec).cost
    for trial, record in zip(study.trials, study.records, strict=True):
        assert records.SAVED not in trial.user_attrs
        assert records.FORECAST not in trial.user_attrs
        assert cost(trial) == pytest.approx(record.spent.gpu_seconds)
