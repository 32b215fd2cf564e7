"""How trials are written in the storage, and read again.

Everything is in Optuna's user attributes, so that any Optuna tool can read a study of ours. Those
of the study itself are in `paretune.study.stored_trials.study_marks`; each trial has

        paretune:outcome (paretune.study.stored_trials.packed), paretune:directory (relative to the
        study's), paretune:driver, paretune:params (as the trial was given them, where Optuna's
        own carry the rounding error of a step), paretune:baseline (its position among the study
        file's baselines), paretune:retry_of, paretune:sibling_of (the trial that paid for its
        training), paretune:replicate_of and paretune:seed (of a configuration that runs again with
        another seed), paretune:prediction (what it was expected to come to, before it ran),
        paretune:bill (what it had paid when other drivers last needed to know),
        paretune:curve (objectives after each epoch, of a completed trial), paretune:forecast
        (where one that was given up was heading, as losses), paretune:saved (GPU-seconds that
        giving it up has saved: paretune.study.steering.stopping),
        status, spent_gpu_seconds, error, and each figure that people compare and that is no
        objective, under its own name: for the dashboard's columns

Feasibility and dollars follow from stored figures and the study as it is now: `RecordReader`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from paretune.pareto.objectives import Direction, Objectives
from paretune.spec.study_spec import StudySpec
from paretune.study.stored_trials import study_marks
from paretune.study.stored_trials.packed import pack_outcome, unpack_outcome, unpack_prediction
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.outcome import DOLLARS, VALIDATION_IMAGES, Outcome, Status
from paretune.trial.record import TrialRecord

OUTCOME = "paretune:outcome"
DIRECTORY = "paretune:directory"
DRIVER = "paretune:driver"
PARAMS = "paretune:params"
BASELINE = "paretune:baseline"
RETRY_OF = "paretune:retry_of"
SIBLING_OF = "paretune:sibling_of"
REPLICATE_OF = "paretune:replicate_of"
SEED = "paretune:seed"
PREDICTION = "paretune:prediction"
BILL = "paretune:bill"
CURVE = "paretune:curve"
FORECAST = "paretune:forecast"
SAVED = "paretune:saved"
STATUS = "status"
SPENT = "spent_gpu_seconds"
# What a record is made of, beside parameters and values.
READ = (OUTCOME, PARAMS, BASELINE, PREDICTION, SAVED, DIRECTORY, SEED, REPLICATE_OF)
_GIVEN_UP = (Status.STOPPED, Status.SKIPPED)


# Figures that are columns in the dashboard though they are no metrics of the trainable's.
_SHOWN = ("gpu_seconds", "peak_memory_mib", "energy_j", DOLLARS)


@dataclass(frozen=True)
class RecordReader:
    """Reads the trials of a study, as the study is now.

    Attributes:
        objectives: Names, directions and constraints of the study.
        price: Dollars of a device-second, where the study has prices.
        folder: Where its files are; None where nobody looks for them.
    """

    objectives: Objectives
    price: float | None = None
    folder: StudyFolder | None = None

    @classmethod
    def of(cls, study: optuna.Study, folder: StudyFolder | None = None) -> RecordReader:
        """For a stored study, another tool's included."""
        attributes = study.user_attrs
        if study_marks.SPEC in attributes:
            spec = StudySpec.from_json(attributes[study_marks.SPEC])
            price = spec.prices.per_second(attributes[study_marks.DEVICE_KIND])
            return cls(spec.objectives, price, folder)
        names = study.metric_names or [f"objective {i}" for i in range(len(study.directions))]
        return cls(Objectives(tuple(names), tuple(map(_direction, study.directions))), None, folder)

    def figures(self, outcome: Outcome) -> dict[str, float]:
        """Every number of a trial, dollars at the present price."""
        return outcome.figures(self.price)

    def read(self, trial: FrozenTrial) -> TrialRecord:
        """One trial that has been started."""
        attributes = trial.user_attrs
        stored, predicted = attributes.get(OUTCOME), attributes.get(PREDICTION)
        outcome = None if stored is None else unpack_outcome(stored)
        values = self._values(trial, outcome)
        status = None if outcome is None else outcome.status
        if outcome is None and trial.state.is_finished():
            status = Status.FAILED if values is None else Status.COMPLETED  # another tool's
        return TrialRecord(
            number=trial.number,
            status=status,
            params={**trial.params, **attributes.get(PARAMS, {})},
            values=values,
            outcome=outcome,
            feasible=values is not None and self._keeps_constraints(values, outcome),
            price=self.price,
            baseline=attributes.get(BASELINE),
            prediction=None if predicted is None else unpack_prediction(predicted),
            saved=attributes.get(SAVED) if status in _GIVEN_UP else None,
            directory=self.directory(trial),
            validation_images=None if outcome is None else _count(outcome.notes),
            seed=attributes.get(SEED),
            replicate_of=attributes.get(REPLICATE_OF),
        )

    def _values(self, trial: FrozenTrial, outcome: Outcome | None) -> dict[str, float] | None:
        if trial.state != TrialState.COMPLETE or trial.values is None:
            return None
        values = dict(zip(self.objectives.names, trial.values, strict=True))
        if DOLLARS in values and outcome is not None and self.price is not None:
            values[DOLLARS] = self.price * outcome.cost_gpu_seconds
        return values

    def _keeps_constraints(self, values: Mapping[str, float], outcome: Outcome | None) -> bool:
        figures = values
        if outcome is not None and not self._bounded <= values.keys():
            figures = {**self.figures(outcome), **values}
        return all(violation <= 0 for violation in self.objectives.violations(figures).values())

    @cached_property
    def _bounded(self) -> frozenset[str]:
        return frozenset(condition.name for condition in self.objectives.constraints)

    def directory(self, trial: FrozenTrial) -> Path | None:
        """The folder of a trial's files; None where it never had one."""
        name = trial.user_attrs.get(DIRECTORY)
        return None if self.folder is None else self.folder.find(name)

    def all(
        self, study: optuna.Study, known: dict[int, TrialRecord] | None = None
    ) -> list[TrialRecord]:
        """Every trial of a study that has been started, in order.

        `known` keeps the records of finished trials from one call to the next.
        """
        return self.read_all(study.get_trials(deepcopy=False), known)

    def read_all(
        self, trials: Iterable[FrozenTrial], known: dict[int, TrialRecord] | None = None
    ) -> list[TrialRecord]:
        """Those of the trials that have been started; `known` as for `all`."""
        known = {} if known is None else known
        found = []
        for trial in trials:
            if trial.state == TrialState.WAITING:
                continue
            record = known.get(trial.number) or self.read(trial)
            if trial.state.is_finished():
                known[trial.number] = record
            found.append(record)
        return found

    def marks(self, outcome: Outcome) -> dict[str, Any]:
        """The trial's user attributes of its outcome; to be written before the trial is told."""
        metrics = {name: v for name, v in outcome.metrics.items() if name != DOLLARS}
        shown = {**metrics, **self.figures(outcome)}
        measured = outcome.figures().keys() - outcome.metrics.keys() - {*_SHOWN}
        error = {} if outcome.error is None else {"error": outcome.error}
        return {
            OUTCOME: {**pack_outcome(outcome), "metrics": metrics},
            STATUS: outcome.status.value,
            SPENT: round(outcome.spent.gpu_seconds, 3),
            **error,
            **{n: v for n, v in shown.items() if n not in {*measured, *self.objectives.names}},
        }


def params_mark(params: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The mark of parameters that a trial was given; of those alone that Optuna has otherwise."""
    differing = {name: value for name, value in params.items() if stored.get(name) != value}
    return {PARAMS: differing} if differing else {}


def _count(notes: Mapping[str, Any]) -> int | None:
    # A user's own trainable may note anything.
    images = notes.get(VALIDATION_IMAGES)
    return images if isinstance(images, int) and images > 0 else None


def _direction(direction: StudyDirection) -> Direction:
    return "maximize" if direction == StudyDirection.MAXIMIZE else "minimize"
