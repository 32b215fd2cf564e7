"""A storage's studies are listed without reading their trials."""

import optuna
import pytest
from optuna.trial import TrialState
from paretune.study.storage.open_storage import open_storage
from paretune.study.storage.study_list import list_studies, newest_trials


@pytest.fixture(params=["database", "memory"])
def storage(request, storage_url):
    if request.param == "memory":
        return optuna.storages.InMemoryStorage()
    return open_storage(storage_url)


@pytest.fixture
def studies(storage):
    first = optuna.create_study(storage=storage, study_name="first")
    first.set_user_attr("a", 1)
    optuna.create_study(storage=storage, study_name="second")
    for number in range(7):
        first.tell(first.ask(), float(number))
    first.ask()
    first.enqueue_trial({"x": 1})
    return list_studies(storage)


def test_names_attributes_and_counts(studies):
    """Oldest first; what waits in line is no trial that has begun."""
    found = [(s.name, s.attributes, s.trials, s.begun) for s in studies]
    assert found == [("first", {"a": 1}, 9, 8), ("second", {}, 0, 0)]


def test_only_the_newest_are_read(storage, studies):
    """The last few trials in order, of a study that has more or fewer."""
    assert [t.number for t in newest_trials(storage, studies[0], 3)] == [6, 7, 8]
    assert len(newest_trials(storage, studies[0], 100)) == 9
    assert newest_trials(storage, studies[1], 3) == []


def test_a_list_touches_no_table_of_trials_parts(storage_url, studies, monkeypatch):
    """However large the studies are, no trial of theirs is built."""

    def read(*_, **__):
        raise AssertionError("a trial was read")

    monkeypatch.setattr("paretune.study.storage.quick_storage.FrozenTrial", read)
    monkeypatch.setattr("optuna.trial.FrozenTrial", read)
    assert [s.name for s in list_studies(open_storage(storage_url))] == [
        s.study_name for s in open_storage(storage_url).get_all_studies()
    ]


def test_states_are_read_as_they_are(storage):
    """Every state counts as begun but one."""
    study = optuna.create_study(storage=storage, study_name="s")
    for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING):
        values = [0.0] if state == TrialState.COMPLETE else None
        study.add_trial(optuna.trial.create_trial(state=state, values=values))
    (listed,) = list_studies(storage)
    assert (listed.trials, listed.begun) == (4, 4)
