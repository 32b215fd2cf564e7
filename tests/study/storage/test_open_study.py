"""A study is created whole, or taken up again where its old trials stay valid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fabricated
import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from paretune.errors import StudyError
from paretune.measure.devices import CPU_KIND, Device
from paretune.study.storage.open_study import open_study
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.outcome import Status

DEVICES = [Device("cpu:0", CPU_KIND), Device("cpu:1", CPU_KIND)]
FIRST, SECOND = ({**fabricated.PARAMS, "epochs": epochs} for epochs in (1, 2))


@pytest.fixture
def storage():
    return InMemoryStorage()


@pytest.fixture
def opened(storage, tmp_path):
    """Opens the study in the same storage; changes are those of its file."""

    def again(devices=DEVICES, **changes):
        spec = fabricated.spec_of(tmp_path, **{"baseline": [FIRST], **changes})
        folder = StudyFolder(tmp_path, str(tmp_path))
        return open_study(spec, storage, folder, devices, optuna.samplers.RandomSampler(seed=0))

    return again


def waiting(study):
    """The position and the epochs of every baseline in line."""
    queued = study.get_trials(states=(TrialState.WAITING,))
    params = [trial.system_attrs["fixed_params"] for trial in queued]
    marks = [trial.user_attrs[records.BASELINE] for trial in queued]
    return [(mark, one["epochs"]) for mark, one in zip(marks, params, strict=True)]


def end(study, status):
    """The first in line ends so."""
    trial = study.ask()
    trial.set_user_attr(records.STATUS, status.value)
    study.tell(trial, state=TrialState.FAIL)


def test_a_new_study_has_its_baselines_in_line_and_no_notes(opened):
    """It is complete: whoever opens it next resumes it, and puts nothing in line twice."""
    study, notes = opened()
    assert notes == []
    assert waiting(study) == [(1, 1)]
    again, notes = opened()
    assert notes == ["study digits goes on after 0 ended trials"]
    assert waiting(again) == [(1, 1)]


def test_what_its_creator_left_undone_is_done(opened, storage, monkeypatch):
    """A driver that died while it created a study costs a wait, not the study."""
    monkeypatch.setattr("paretune.study.storage.open_study.CREATION_SECONDS", 0.0)
    directions = fabricated.spec_of(Path.cwd()).objectives.optuna_directions
    half = optuna.create_study(storage=storage, study_name="digits", directions=directions)
    half.enqueue_trial(FIRST, user_attrs={records.BASELINE: 1})
    study, notes = opened(baseline=[FIRST, SECOND])
    assert notes == []
    assert waiting(study) == [(1, 1), (2, 2)]
    assert study_marks.SPEC in study.user_attrs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": {"accuracy": "maximize"}}, "objectives cannot change"),
        ({"data": {"source": "mnist"}}, "data cannot change"),
        ({"train": {"warmup": 0.25}}, "train cannot change"),
        (
            {"devices": [replace(device, kind="NVIDIA H100") for device in DEVICES]},
            "was measured on cpu-core, and this machine has NVIDIA H100",
        ),
    ],
)
def test_what_would_mix_figures_that_do_not_compare_is_refused(opened, changes, message):
    """The message says what differs and the cure; the study stays as it was."""
    study, _ = opened()
    before = dict(study.user_attrs)
    with pytest.raises(StudyError, match=message) as refused:
        opened(**changes)
    assert "give the new study another name" in str(refused.value)
    assert dict(study.user_attrs) == before
    assert waiting(study) == [(1, 1)]


def test_a_study_of_another_program_is_left_alone(opened, storage):
    """It has trials, and nothing that says how they were made."""
    other = optuna.create_study(storage=storage, study_name="digits", directions=["minimize"])
    other.tell(other.ask(), 1.0)
    with pytest.raises(StudyError, match="was not made by paretune; choose another name"):
        opened()


def test_a_baseline_that_was_skipped_is_in_line_again(opened):
    """It did not fit an earlier budget. One that failed, or waits already, is not run again."""
    study, _ = opened(baseline=[FIRST, SECOND])
    end(study, Status.SKIPPED)
    end(study, Status.FAILED)
    for _ in range(2):
        study, _ = opened(baseline=[FIRST, SECOND])
        assert waiting(study) == [(1, 1)]


def test_new_baselines_come_after_those_there_were(opened):
    """They are numbered on, told, and put in line once."""
    opened()
    study, notes = opened(baseline=[SECOND, FIRST])
    assert "new baselines: 1" in notes
    assert waiting(study) == [(1, 1), (2, 2)]
    study, notes = opened(baseline=[SECOND, FIRST])
    assert waiting(study) == [(1, 1), (2, 2)]
    assert not any("new baselines" in note for note in notes)
