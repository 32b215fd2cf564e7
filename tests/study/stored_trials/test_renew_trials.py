"""Feasibility and dollars follow the study as it is now, for Paretune and for Optuna alike."""

from dataclasses import replace

import fabricated
import optuna
import pytest
from fabricated import Made
from paretune.errors import StudyError
from paretune.inputs.conditions import Condition
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage
from paretune.study.stored_trials import study_marks
from paretune.study.stored_trials.records import RecordReader
from paretune.study.stored_trials.renew_trials import renew
from paretune.trial.outcome import DOLLARS

OBJECTIVES = {"accuracy": "maximize", "dollars": "minimize"}


@pytest.fixture
def study(storage_url, tmp_path):
    trials = (Made(0.95, 10.0), Made(0.5, 5.0), Made(0.7, 7.0))
    return fabricated.fabricate(
        storage_url, tmp_path, trials, objectives=OBJECTIVES, prices={"cpu-core": 3.6}
    )


def reader(study, bound=">= 0.9", price=0.001):
    condition = (Condition.parse("accuracy", bound),)
    known = RecordReader.of(study)
    return replace(known, objectives=replace(known.objectives, constraints=condition), price=price)


def test_what_is_the_same_is_left_alone(study):
    """A study whose constraints and prices have not changed is not written to."""
    assert renew(study, reader(study)) == 0


def test_a_changed_bound_reaches_optunas_samplers(study, storage_url):
    """A trial that kept the old bound and breaks the new one is infeasible there, too."""
    assert renew(study, reader(study, ">= 0.6")) == 3
    again = optuna.load_study(study_name="digits", storage=open_storage(storage_url))
    for trial in (*study.get_trials(), *again.get_trials()):
        broken = 0.6 - trial.values[0]
        assert trial.constraints["accuracy"] == pytest.approx(broken)
        assert trial.system_attrs["constraints"] == [pytest.approx(broken)]
    assert renew(study, reader(study, ">= 0.6")) == 0


def test_changed_prices_reach_optunas_samplers(study):
    """Dollars are an objective's value in Optuna: all trials have them at one price."""
    assert renew(study, reader(study, price=0.1)) == 3
    trials = study.get_trials()
    assert [trial.values[1] for trial in trials] == pytest.approx([1.0, 0.5, 0.7])
    assert [trial.values[0] for trial in trials] == [0.95, 0.5, 0.7]


def test_a_bound_on_what_no_trial_reported_is_broken(study):
    """Optuna takes no NaN as a constraint: what is not known counts as broken."""
    known = reader(study)
    bound = (Condition.parse("f1", ">= 0.5"),)
    changed = replace(known, objectives=replace(known.objectives, constraints=bound))
    renew(study, changed)
    assert all(trial.constraints["f1"] > 0 for trial in study.get_trials())


def test_records_are_judged_by_the_study_as_it_is(study, storage_url):
    """`front` needs no renewal: a study whose stored constraints and prices change has another
    front at once."""
    spec = study.user_attrs[study_marks.SPEC]
    assert [record.number for record in load_study("digits", storage_url).front] == [0]
    changed = {**spec, "constraints": {"accuracy": ">= 0.6"}, "prices": {"cpu-core": 36.0}}
    study.set_user_attr(study_marks.SPEC, changed)
    loaded = load_study("digits", storage_url)
    assert sorted(record.number for record in loaded.front) == [0, 2]
    assert [r.values[DOLLARS] for r in loaded.records] == pytest.approx([0.1, 0.05, 0.07])
    assert [r.metrics[DOLLARS] for r in loaded.records] == pytest.approx([0.1, 0.05, 0.07])


def test_other_storages_refuse():
    """What is not a database keeps its finished trials as they are: that is said."""
    made = optuna.create_study(directions=["maximize"])
    trial = made.ask()
    trial.set_constraint("objective 0", 1.0)
    made.tell(trial, 0.5)
    condition = (Condition.parse("objective 0", ">= 0.1"),)
    known = RecordReader.of(made)
    changed = replace(known, objectives=replace(known.objectives, constraints=condition))
    with pytest.raises(StudyError, match="cannot change in a InMemoryStorage"):
        renew(made, changed)
