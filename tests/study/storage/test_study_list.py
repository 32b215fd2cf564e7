"""A storage's studies are listed without reading their trials."""

import sqlite3
from contextlib import closing

import optuna
import pytest
from optuna.trial import TrialState
from paretune.errors import StorageError
from paretune.study.storage.open_storage import open_storage
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.study_list import list_studies, newest_trials, studies_at


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
    stored = list_studies(open_storage(storage_url))
    assert [s.name for s in stored] == [
        s.study_name for s in open_storage(storage_url).get_all_studies()
    ]
    assert studies_at(StorageAddress.of(storage_url)) == stored


def test_a_database_of_something_else_is_left_as_it_is(tmp_path):
    """It has no studies, and is not given Optuna's tables for being looked at."""
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as notes, notes:
        notes.execute("CREATE TABLE notes (text)")
    assert studies_at(StorageAddress.of(f"sqlite:///{path}")) == []
    with closing(sqlite3.connect(path)) as notes:
        assert notes.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]


def test_what_is_no_database_is_refused(tmp_path):
    """In one line; so is a file that is not there."""
    path = tmp_path / "notes.txt"
    for _ in range(2):
        with pytest.raises(StorageError, match=r"notes\.txt: .*(no such file|not a database)"):
            studies_at(StorageAddress.of(f"sqlite:///{path}"))
        path.write_text("no database, but long enough to be read as one\n" * 20)


def test_states_are_read_as_they_are(storage):
    """Every state counts as begun but one."""
    study = optuna.create_study(storage=storage, study_name="s")
    for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING):
        values = [0.0] if state == TrialState.COMPLETE else None
        study.add_trial(optuna.trial.create_trial(state=state, values=values))
    (listed,) = list_studies(storage)
    assert (listed.trials, listed.begun) == (4, 4)
