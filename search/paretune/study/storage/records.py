"""How trials and studies are written in the storage, and read again.

Everything is in Optuna's user attributes, so that any Optuna tool can read a study of ours:

study   paretune:spec, paretune:folder, paretune:device_kind, paretune:versions,
        paretune:session:DRIVER (when each driver was at work: paretune.study.drivers.sessions)
trial   paretune:outcome (Outcome as JSON), paretune:directory, paretune:driver, paretune:params
        (as the trial was given them: Optuna's own carry the rounding errors of a step),
        paretune:baseline (its position among the study file's baselines), paretune:retry_of,
        paretune:sibling_of (the trial that paid for its training),
        paretune:prediction (what it was expected to come to, before it ran),
        paretune:bill (what it had paid when other drivers last needed to know),
        paretune:curve (objectives after each epoch, of a completed trial), paretune:forecast
        (where one that was given up was heading, as losses), paretune:saved (GPU-seconds that
        giving it up has saved: paretune.study.steering.stopping),
        status and spent_gpu_seconds besides, and every figure under its own name: for people
        and for the dashboard's columns
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from paretune.measure import Measurement
from paretune.trial.files import LOG, MODEL
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Prediction
from paretune.trial.record import TrialRecord

SPEC = "paretune:spec"
FOLDER = "paretune:folder"
DEVICE_KIND = "paretune:device_kind"
VERSIONS = "paretune:versions"
CODE = "paretune:code"  # versions of the trainable's "code" and "data", once they are known
OUTCOME = "paretune:outcome"
DIRECTORY = "paretune:directory"
DRIVER = "paretune:driver"
PARAMS = "paretune:params"
BASELINE = "paretune:baseline"
RETRY_OF = "paretune:retry_of"
SIBLING_OF = "paretune:sibling_of"
PREDICTION = "paretune:prediction"
BILL = "paretune:bill"
CURVE = "paretune:curve"
FORECAST = "paretune:forecast"
SAVED = "paretune:saved"
SESSION = "paretune:session:"
STATUS = "status"
SPENT = "spent_gpu_seconds"


def trial_record(trial: FrozenTrial, objectives: Sequence[str]) -> TrialRecord:
    """Read one trial. `objectives` are the study's metric names, in order."""
    attributes = trial.user_attrs
    stored = attributes.get(OUTCOME)
    outcome = None if stored is None else Outcome.from_json(stored)
    predicted = attributes.get(PREDICTION)
    directory = attributes.get(DIRECTORY)
    values = None
    if trial.state == TrialState.COMPLETE and trial.values is not None:
        values = dict(zip(objectives, trial.values, strict=True))
    status = None if outcome is None else outcome.status
    if outcome is None and trial.state.is_finished():
        status = Status.COMPLETED if values is not None else Status.FAILED  # another tool's trial
    return TrialRecord(
        number=trial.number,
        status=status,
        params={**trial.params, **attributes.get(PARAMS, {})},
        values=values,
        metrics={} if outcome is None else outcome.figures(),
        baseline=attributes.get(BASELINE),
        feasible=values is not None and all(v <= 0 for v in trial.constraints.values()),
        phases={} if outcome is None else outcome.phases,
        reused={} if outcome is None else outcome.reused,
        cost=Measurement() if outcome is None else outcome.cost,
        spent=Measurement() if outcome is None else outcome.spent,
        lost=None if outcome is None else outcome.lost,
        prediction=None if predicted is None else Prediction.from_json(predicted),
        saved=attributes.get(SAVED),
        error=None if outcome is None else outcome.error,
        model=_existing(directory, MODEL) if values is not None else None,
        log=_existing(directory, LOG),
    )


def trial_records(
    study: optuna.Study, known: dict[int, TrialRecord] | None = None
) -> list[TrialRecord]:
    """Every trial of a study that has been started, in order.

    `known` keeps the records of finished trials from one call to the next.
    """
    names = study.metric_names or [f"objective {i}" for i in range(len(study.directions))]
    known = {} if known is None else known
    found = []
    for trial in study.get_trials(deepcopy=False):
        if trial.state == TrialState.WAITING:
            continue
        record = known.get(trial.number) or trial_record(trial, names)
        if trial.state.is_finished():
            known[trial.number] = record
        found.append(record)
    return found


def outcome_marks(outcome: Outcome) -> dict[str, Any]:
    """The trial's user attributes of its outcome; to be written before the trial is told."""
    error = {} if outcome.error is None else {"error": outcome.error}
    return {
        OUTCOME: outcome.to_json(),
        STATUS: outcome.status.value,
        SPENT: round(outcome.spent.gpu_seconds, 3),
        **error,
        **outcome.figures(),
    }


def _existing(directory: str | None, name: str) -> str | None:
    if directory is None:
        return None
    path = Path(directory) / name
    return str(path) if path.exists() else None
