"""What dead drivers leave is settled once; what may live is left alone, and watched."""

import json

import optuna
import pytest
from optuna.trial import TrialState
from other_driver import dead_driver, driver_of, in_another_container, on_another_machine
from paretune.measure import Measurement
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.recover import Recovery
from paretune.study.drivers.signs_of_life import SILENT_SECONDS, SignsOfLife
from paretune.study.storage.open_storage import open_storage
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy, TrialSettled
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.tell import tell_outcome
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.outcome import Outcome, Status


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stored(storage_url):
    study = optuna.create_study(storage=open_storage(storage_url), study_name="s")
    return StoredStudy(study, StudyFolder.at(StorageAddress.of(storage_url), "s"))


@pytest.fixture
def recovery(stored, clock):
    return Recovery(stored, SignsOfLife(clock), clock)


def begun(stored, owner):
    trial = stored.ask()
    trial.suggest_float("x", 0.0, 1.0)
    stored.mark(trial, {records.DRIVER: owner} if owner else {})
    return trial


def states(stored):
    return [trial.state for trial in stored.study.get_trials()]


def test_a_dead_drivers_trial_runs_again(stored, recovery):
    """It is told as interrupted, and its configuration is put in line: once."""
    trial = begun(stored, dead_driver().owner)
    (line,) = recovery.look()
    assert "trial 0 was interrupted; its configuration runs again" in line
    assert states(stored) == [TrialState.FAIL, TrialState.WAITING]
    assert stored.queued() == [trial.params]
    assert recovery.look() == []


@pytest.mark.parametrize("owner", [lambda: driver_of(1).owner, lambda: Driver.me().owner])
def test_a_living_drivers_trial_is_left_alone(stored, recovery, clock, owner):
    """However long it is silent: its process is there."""
    begun(stored, owner())
    clock.now += 10 * SILENT_SECONDS
    assert recovery.look() == []
    assert not recovery.undecided
    assert states(stored) == [TrialState.RUNNING]


@pytest.mark.parametrize("driver", [in_another_container, on_another_machine])
def test_a_driver_that_cannot_be_seen_is_watched(stored, recovery, clock, driver):
    """Its trial is settled after a long silence, whatever its host; its processes are nobody's."""
    begun(stored, driver().owner)
    assert recovery.look() == []
    assert recovery.undecided
    clock.now += SILENT_SECONDS - 1
    assert recovery.look() == []
    clock.now += 2
    assert len(recovery.look()) == 1
    assert not recovery.undecided
    assert states(stored) == [TrialState.FAIL, TrialState.WAITING]


def test_a_trial_without_a_name_is_forgotten_after_a_while(stored, recovery, clock):
    """The answer to an `ask` may be lost with a connection: nobody knows of that trial."""
    other = on_another_machine().owner
    for beat in range(5):
        stored.set_attribute(
            study_marks.SESSION + other, {"beat": beat}
        )  # somebody else is at work
        if beat == 0:
            begun(stored, None)
        told = recovery.look()
        clock.now += SILENT_SECONDS / 2
        assert bool(told) == (beat == 3)
    assert states(stored)[0] == TrialState.FAIL


def test_who_settles_second_drops_its_result(stored, storage_url, recovery):
    """A live driver that was taken for dead hears of it and does not crash; the first end stays."""
    live = StoredStudy(
        optuna.load_study(study_name="s", storage=open_storage(storage_url)), stored.folder
    )
    trial = begun(live, dead_driver().owner)
    recovery.look()
    outcome = Outcome(
        Status.COMPLETED, {"objective 0": 0.5}, phases={"train": Measurement(gpu_seconds=1.0)}
    )
    with pytest.raises(TrialSettled, match="trial 0 was settled by another driver"):
        tell_outcome(live, trial, outcome, live.folder.of_trial(0))
    for action in (lambda: live.give_back(trial), lambda: live.tell(trial, [0.5])):
        with pytest.raises(TrialSettled):
            action()
    assert states(stored) == [TrialState.FAIL, TrialState.WAITING]


def test_an_end_that_is_written_twice_is_one_end(stored):
    """The answer to a write may be lost: to write the same again is no fault."""
    trial = begun(stored, Driver.me().owner)
    for _ in range(2):
        stored.tell(trial, [0.25])
    other = begun(stored, Driver.me().owner)
    for _ in range(2):
        stored.tell_without_values(other, pruned=True)
    with pytest.raises(TrialSettled):
        stored.tell(trial, [0.5])
    assert states(stored) == [TrialState.COMPLETE, TrialState.PRUNED]


def test_what_had_ended_is_told_as_it_ended(stored, recovery):
    """The outcome lies in the trial's folder, though the storage has not heard of it."""
    trial = begun(stored, dead_driver().owner)
    directory = stored.folder.of_trial(trial.number)
    directory.mkdir(parents=True)
    stored.mark(trial, {records.DIRECTORY: stored.folder.name_of(directory)})
    outcome = Outcome(
        Status.COMPLETED, {"objective 0": 0.5}, phases={"train": Measurement(gpu_seconds=2.0)}
    )
    (directory / "outcome.json").write_text(json.dumps(outcome.to_json()))
    (line,) = recovery.look()
    assert "trial 0 had ended (completed)" in line
    (record,) = stored.records()
    assert record.values == {"objective 0": 0.5}
    assert record.spent.gpu_seconds == 2.0
