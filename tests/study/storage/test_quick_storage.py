"""What is read in bulk is what Optuna reads object by object."""

import math

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial
from paretune.study.storage.quick_storage import QuickStorage

SPACE = {
    "rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
    "bits": optuna.distributions.CategoricalDistribution([32, "auto", None]),
    "width": optuna.distributions.FloatDistribution(0.0, 1.0, step=0.05),
    "count": optuna.distributions.IntDistribution(1, 9),
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/studies.db"


def trial(number, state=TrialState.COMPLETE):
    point = {"rate": 1e-3 * (number + 1), "bits": (32, "auto", None)[number % 3], "width": 0.15}
    point["count"] = 1 + number % 9
    values = [number, math.inf if number % 2 else -math.inf]
    return create_trial(
        state=state,
        values=values if state == TrialState.COMPLETE else None,
        params=point,
        distributions=SPACE,
        user_attrs={"a": {"b": [number, None]}, "é": "text"},
        system_attrs={"constraints": [0.5]},
        intermediate_values={1: 0.5, 2: math.nan, 3: math.inf},
    )


@pytest.fixture
def study(url):
    made = optuna.create_study(
        storage=QuickStorage(url), study_name="s", directions=["minimize", "maximize"]
    )
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING]
    made.add_trials([trial(number, states[number % 4]) for number in range(12)])
    made.enqueue_trial({"count": 3})
    return made


def as_read(storage, name="s"):
    read = optuna.load_study(study_name=name, storage=storage).get_trials()
    return [str(trial) for trial in read], [list(trial.params) for trial in read]


def test_every_field_of_every_trial_is_the_same(study, url):
    """States, values, infinities, parameters in their order, attributes, dates, steps."""
    assert as_read(QuickStorage(url)) == as_read(RDBStorage(url))


def test_another_study_stays_out(study, url):
    """Only the study's own trials are read, however the ids of two studies mix."""
    other = optuna.create_study(storage=study._storage, study_name="other")
    other.add_trial(create_trial(value=1.0))
    study.add_trial(trial(0))
    assert as_read(QuickStorage(url)) == as_read(RDBStorage(url))
    assert as_read(QuickStorage(url), "other") == as_read(RDBStorage(url), "other")


def test_what_others_change_is_seen(study, url):
    """A study that has been read reads what has ended and begun since, and nothing twice."""
    reader = optuna.load_study(study_name="s", storage=QuickStorage(url))
    assert sum(t.state == TrialState.RUNNING for t in reader.get_trials()) == 3
    running = [t for t in study.get_trials() if t.state == TrialState.RUNNING]
    study.tell(running[0].number, [1.0, 2.0])
    study.add_trial(trial(20))
    assert as_read(reader._storage) == as_read(RDBStorage(url))


def test_more_trials_than_one_statement_may_name(study, url, monkeypatch):
    """Ids are asked for in parts."""
    reader = optuna.load_study(study_name="s", storage=QuickStorage(url))
    monkeypatch.setattr("paretune.study.storage.quick_storage._AT_ONCE", 2)
    assert as_read(reader._storage) == as_read(RDBStorage(url))
    study.add_trials([trial(number, TrialState.RUNNING) for number in range(5)])
    assert as_read(reader._storage) == as_read(RDBStorage(url))
    for running in reader.get_trials(states=[TrialState.RUNNING]):
        study.tell(running.number, state=TrialState.FAIL)
    assert as_read(reader._storage) == as_read(RDBStorage(url))


def test_some_attributes_alone(study, url):
    """The attributes that are asked for, whole; values, parameters and states as ever."""
    some = QuickStorage(url).with_attributes(study._study_id, ["a", "b"])
    whole = RDBStorage(url).get_all_trials(study._study_id)
    for one, other in zip(some, whole, strict=True):
        assert one.user_attrs == {n: v for n, v in other.user_attrs.items() if n == "a"}
        assert (one.number, one.state, one.values) == (other.number, other.state, other.values)
        assert (one.params, one.distributions) == (other.params, other.distributions)
        assert (one.system_attrs, one.intermediate_values) == ({}, {})


def test_a_study_that_is_not_there(url):
    """As with Optuna: a KeyError."""
    with pytest.raises(KeyError):
        QuickStorage(url).get_all_trials(7)


def test_states(study):
    """Only trials in the states that are asked for."""
    states = (TrialState.WAITING, TrialState.FAIL)
    found = study._storage._backend.get_all_trials(study._study_id, states=states)
    assert {t.state for t in found} == set(states)
    assert len(found) == 4
