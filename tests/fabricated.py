"""A study in a storage as a real run leaves it, without training anything.

Written through the program's own writers (tell_outcome, Assignment.write), so that a reader that
passes here reads what the loop writes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from paretune.measure import Measurement
from paretune.measure.devices import CPU_KIND
from paretune.spec.study_spec import StudySpec
from paretune.study.storage.open_storage import open_storage
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.packed import pack_prediction
from paretune.study.stored_trials.tell import tell_outcome
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.files import LOG, MODEL
from paretune.trial.job import Assignment
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Prediction

SPEC = {
    "name": "digits",
    "space": "cnn",
    "trainable": "cnn",
    "data": {"source": "digits"},
    "objectives": {
        "accuracy": "maximize",
        "gpu_seconds": "minimize",
        "peak_memory_mib": "minimize",
        "model_kib": "minimize",
    },
    "constraints": {"accuracy": ">= 0.90"},
    "budget": {"trials": 30, "gpu_seconds": 600},
}
PARAMS = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 128,
    "gpu_count": 1,
    "epochs": 3,
    "width": 1.0,
    "stem": "pool",
    "schedule": "constant",
    "sparsity": 0.0,
    "bits": 32,
}


@dataclass(frozen=True)
class Made:
    """One trial to make up; the defaults are a completed one."""

    accuracy: float = 0.95
    seconds: float = 10.0
    memory: float = 100.0
    kib: float = 369.0
    params: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.COMPLETED
    error: str | None = None
    model: bytes | None = b"not a real model"
    baseline: int | None = None
    prediction: dict[str, Any] | None = None  # as the loop stores it before the trial runs
    reused: float = 0.0  # seconds of its training that another trial had paid for


# Trials 0, 1 and 2 are the front; 3 is dominated by 1, 4 breaks the constraint, 5 and 6 failed.
TRIALS = (
    Made(0.99, 20.0, 120.0, 369.0, baseline=1),
    Made(0.97, 8.0, 90.0, 40.5, {"bits": 4, "width": 0.5}),
    Made(0.92, 3.0, 80.0, 23.1, {"bits": 4, "width": 0.25, "epochs": 1}),
    Made(0.96, 9.0, 95.0, 60.0, {"bits": 8, "width": 0.5}),
    Made(0.40, 1.0, 70.0, 20.0, {"bits": 4, "width": 0.25, "learning_rate": 0.1}),
    Made(status=Status.DIVERGED, error="loss is nan at epoch 1", model=None),
    Made(status=Status.OUT_OF_MEMORY, error="killed at 2,000 MiB", model=None),
)
FRONT = [0, 1, 2]
STUDY_ID = "0f"


def spec_of(folder: Path, **changes: Any) -> StudySpec:
    """The study file's content, as if it lay in `folder`."""
    return StudySpec.from_table({**SPEC, **changes}, "digits.toml", folder)


def fabricate(
    url: str, folder: Path, trials: Sequence[Made] = TRIALS, **changes: Any
) -> optuna.Study:
    """Put a study into the storage at `url`; its file lies in `folder`."""
    spec = spec_of(folder, **changes)
    objectives = spec.objectives
    files = StudyFolder.at(StorageAddress.of(url), spec.name)
    study = optuna.create_study(
        storage=open_storage(url), study_name=spec.name, directions=objectives.optuna_directions
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(objectives.names))
    study.set_user_attr(study_marks.ID, STUDY_ID)
    study.set_user_attr(study_marks.FOLDER, files.name)
    study.set_user_attr(study_marks.DEVICE_KIND, CPU_KIND)
    study.set_user_attr(study_marks.VERSIONS, {"paretune": "0.1.0", "optuna": optuna.__version__})
    study.set_user_attr(study_marks.FORMAT, study_marks.FORMAT_NUMBER)
    study.set_user_attr(study_marks.SPEC, spec.to_json())
    for made in trials:
        _add(study, spec, files, made)
    return study


def _add(study: optuna.Study, spec: StudySpec, files: StudyFolder, made: Made) -> None:
    params = {**PARAMS, **made.params}
    marks = {} if made.baseline is None else {records.BASELINE: made.baseline}
    study.enqueue_trial(params, user_attrs=marks)
    trial = study.ask()
    spec.space.suggest(trial, devices=2)
    directory = files.of_trial(trial.number)
    directory.mkdir(parents=True)
    trial.set_user_attr(records.DIRECTORY, files.name_of(directory))
    Assignment(
        number=trial.number,
        study=STUDY_ID,
        trainable=spec.trainable,
        params={**spec.train, **params},
        devices=("cpu:0",),
        device_kind=CPU_KIND,
        directory=str(directory),
        seed=7,
        data=spec.data,
        search_path=spec.search_path,
    ).write()
    (directory / LOG).write_text(f"log of trial {trial.number}\n", encoding="utf-8")
    if made.model is not None:
        (directory / MODEL).write_bytes(made.model)
    if made.prediction is not None:
        trial.set_user_attr(
            records.PREDICTION, pack_prediction(Prediction.from_json(made.prediction))
        )
    done = made.status is Status.COMPLETED
    metrics = {"accuracy": made.accuracy, "loss": 0.1, "model_kib": made.kib} if done else {}
    cost = Measurement(
        wall_seconds=made.seconds,
        gpu_seconds=made.seconds,
        cpu_seconds=made.seconds,
        peak_memory_mib=made.memory,
        total_memory_mib=made.memory,
    )
    outcome = Outcome(
        status=made.status,
        metrics=metrics,
        phases={"start": Measurement(wall_seconds=0.5, gpu_seconds=0.5), "train": cost},
        reused={"train": Measurement(gpu_seconds=made.reused)} if made.reused else {},
        error=made.error,
    )
    tell_outcome(StoredStudy(study, files), trial, outcome, directory)
