"""The one access to a study's storage: locks are waited for, whatever is read or written."""

from __future__ import annotations

import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from paretune.errors import StorageError
from paretune.optuna_internals import queued_params
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records

LOCKED = "database is locked"


class Locked(InMemoryStorage):
    """Refuses so many accesses."""

    refusals = 0

    def _maybe_refuse(self):
        if self.refusals > 0:
            self.refusals -= 1
            raise optuna.exceptions.StorageInternalError(LOCKED)

    def set_trial_user_attr(self, *args):
        self._maybe_refuse()
        return super().set_trial_user_attr(*args)

    def get_study_user_attrs(self, study_id):
        self._maybe_refuse()
        return super().get_study_user_attrs(study_id)


@pytest.fixture
def stored():
    return StoredStudy(optuna.create_study(storage=Locked(), study_name="small"))


def test_a_lock_is_waited_for(stored):
    """What was refused is done as soon as the lock is gone; nothing is left out."""
    trial = stored.ask()
    stored.storage.refusals = 2
    stored.mark(trial, {"a": 1, "b": 2})
    assert stored.storage.refusals == 0
    assert stored.running()[0].user_attrs == {"a": 1, "b": 2}


def test_a_lock_that_stays_is_an_error(stored):
    """After `retry_seconds` the access fails, and the message says what is kept."""
    stored.storage.refusals = 10**6
    stored.retry_seconds = 0.0
    with pytest.raises(StorageError, match="finished trials are kept"):
        stored.attributes()


def test_who_can_do_without_does_not_wait(stored):
    """`without_retries` fails at once and leaves the patience of the other access as it was."""
    stored.storage.refusals = 1
    with pytest.raises(StorageError):
        stored.without_retries().attributes()
    stored.storage.refusals = 1
    assert stored.attributes() == {}


def test_what_is_given_back_waits_with_its_parameters(stored):
    """The next trial that is asked for is the one that was given back, with the same values."""
    trial = stored.ask()
    value = trial.suggest_float("x", 0, 1)
    stored.mark(trial, {records.BASELINE: 1})
    stored.give_back(trial)
    assert stored.queued() == [{"x": value}]
    again = stored.ask()
    assert again.number == trial.number
    assert again.suggest_float("x", 0, 1) == value


def test_baselines_come_before_all_that_waits(stored):
    """A user's own point that was added later is run before siblings put in line earlier."""
    for value in (1, 2):
        stored.enqueue({"x": value}, {records.SIBLING_OF: 0})
    stored.enqueue({"x": 3}, {records.BASELINE: 1})
    stored.enqueue({"x": 4}, {records.BASELINE: 2})
    asked = [stored.ask().suggest_int("x", 1, 9) for _ in range(4)]
    assert asked == [3, 4, 1, 2]


def test_only_a_study_that_has_not_begun_is_deleted(stored):
    """What was refused at the door leaves nothing; a study with a trial is never touched."""
    stored.enqueue({"x": 1}, {})
    begun = StoredStudy(optuna.create_study(storage=stored.storage, study_name="begun"))
    begun.ask()
    begun.delete_unless_begun()
    stored.delete_unless_begun()
    assert optuna.get_all_study_names(stored.storage) == ["begun"]


def test_a_retry_keeps_the_mark_of_a_baseline(stored):
    """A baseline that was interrupted is a baseline when it runs again."""
    trial = stored.ask()
    stored.mark(trial, {records.BASELINE: 2})
    stored.enqueue_again(trial, {"x": 0.5})
    (waiting,) = stored.study.get_trials(states=(TrialState.WAITING,))
    assert queued_params(waiting) == {"x": 0.5}
    assert waiting.user_attrs == {records.RETRY_OF: 0, records.BASELINE: 2}
