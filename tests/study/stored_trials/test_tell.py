"""What came of a trial, told to the storage once, and kept in its folder before."""

from dataclasses import replace

import fabricated
import pytest
from fabricated import Made
from optuna.trial import TrialState
from paretune.errors import StudyHalted
from paretune.measure import Measurement
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.tell import (
    halt_if_all_fail_alike,
    halt_if_incomplete,
    kept_outcome,
    tell_outcome,
)
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.outcome import Outcome, Status

COMPLETED = Outcome(
    Status.COMPLETED,
    {"accuracy": 0.95, "model_kib": 10.0},
    phases={
        "train": Measurement(wall_seconds=1.0, gpu_seconds=1.23456789, peak_memory_mib=50.0),
    },
)


@pytest.fixture
def stored(made_study, storage_url):
    return StoredStudy(made_study, StudyFolder.at(StorageAddress.of(storage_url), "digits"))


@pytest.fixture
def told(stored):
    def told(outcome, model=None):
        trial = stored.ask()
        directory = stored.folder.of_trial(trial.number)
        directory.mkdir()
        if model is not None:
            (directory / "model.tflite").write_bytes(model)
        return tell_outcome(stored, trial, outcome, directory), directory

    return told


def test_what_is_told_is_what_is_kept(stored, told):
    """One figure in the folder, in Optuna's values, and in the record."""
    outcome, directory = told(COMPLETED)
    record = stored.records()[-1]
    assert kept_outcome(directory) == outcome
    assert record.values["gpu_seconds"] == outcome.cost.gpu_seconds == 1.234568
    assert stored.study.trials[-1].values == list(record.values.values())


def test_a_missing_figure_fails_the_trial_and_ends_the_study(stored, told):
    """Every further trial would lack it: the study says which."""
    outcome, _ = told(replace(COMPLETED, metrics={"accuracy": 0.95}))
    assert outcome.status is Status.FAILED
    with pytest.raises(StudyHalted, match="did not report model_kib"):
        halt_if_incomplete(stored, outcome)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.STOPPED, TrialState.PRUNED),
        (Status.FAILED, TrialState.FAIL),
        (Status.OVER_BUDGET, TrialState.FAIL),
    ],
)
def test_other_ends(stored, told, status, state):
    """A trial that was stopped early speaks against its configuration; the others do not."""
    told(Outcome(status, error="so it was"))
    assert stored.study.trials[-1].state == state
    assert stored.records()[-1].status is status


def test_a_full_disk_costs_the_dashboards_copy_only(stored, told, monkeypatch):
    """The trial is told though its model cannot be put among the dashboard's files."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("paretune.study.stored_trials.tell.attach_model", full)
    told(COMPLETED, model=b"weights")
    assert stored.records()[-1].status is Status.COMPLETED


def test_three_failures_for_one_reason_end_a_study(storage_url, tmp_path):
    """Numbers aside; one success, or two reasons, and it goes on."""
    alike = [Made(status=Status.FAILED, error=f"no file {n}", model=None) for n in range(3)]
    study = fabricated.fabricate(storage_url, tmp_path, alike)
    with pytest.raises(StudyHalted, match="the first 3 trials all failed alike: no file 2"):
        halt_if_all_fail_alike(StoredStudy(study).records())
    halt_if_all_fail_alike(StoredStudy(study).records()[:2])
