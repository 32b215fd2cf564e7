"""A study that is being run, as its storage has it: every access waits for locks of others.

The loop and all its parts read and write the storage through this one class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from paretune.optuna_internals import (
    open_trial,
    queued_params,
    return_to_queue,
    set_unnamed_constraints,
    storage_of,
    stored_trial,
    take_from_queue,
    was_queued,
)
from paretune.space.search_space import Space
from paretune.study.storage.retry import RETRY_SECONDS, retry_locked
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.records import RecordReader
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.record import TrialRecord

T = TypeVar("T")


class TrialSettled(Exception):
    """Another driver has told this trial: what was to be written is dropped. No user's mistake."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"trial {number} was settled by another driver; its result is dropped")


class StoredStudy:
    """One driver's access to one study.

    Methods that write to a trial raise TrialSettled where another driver has told it. Every method
    raises StorageError where the storage stays locked for `retry_seconds` or fails.
    """

    def __init__(
        self,
        study: optuna.Study,
        folder: StudyFolder | None = None,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.study = study  # for samplers and stoppers, which speak Optuna
        self.retry_seconds = retry_seconds
        self.folder = folder  # of its files; None: nobody looks for them
        self._ended: dict[int, TrialRecord] = {}

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.study_name

    @cached_property
    def id(self) -> str:
        """The random name that marks its files as its own."""
        return str(self.attributes().get(study_marks.ID, ""))

    @property
    def sampler(self) -> BaseSampler:
        """What looks for the next configuration."""
        return self.study.sampler

    @property
    def storage(self) -> BaseStorage:
        """Where this study and others lie."""
        return storage_of(self.study)

    def retry(self, action: Callable[[], T]) -> T:
        """Do something that reads the storage by itself, such as asking a stopper."""
        return retry_locked(action, seconds=self.retry_seconds)

    def without_retries(self) -> StoredStudy:
        """The same study for somebody who can do without it where the storage is locked."""
        other = StoredStudy(self.study, self.folder, retry_seconds=0.0)
        other._ended = self._ended
        return other

    # The study

    def attributes(self) -> Mapping[str, Any]:
        """The study's user attributes."""
        return self.retry(lambda: self.study.user_attrs)

    def set_attribute(self, name: str, value: Any) -> None:
        """Write one of the study's user attributes."""
        self.retry(lambda: self.study.set_user_attr(name, value))

    def records(self) -> list[TrialRecord]:
        """Every trial that has been started, in order."""
        return self.retry(lambda: self.reader.all(self.study, self._ended))

    @cached_property
    def reader(self) -> RecordReader:
        """How its trials are read, by its objectives, constraints and prices."""
        return self.retry(lambda: RecordReader.of(self.study, self.folder))

    def running(self) -> Sequence[FrozenTrial]:
        """The trials that run, whoever runs them."""
        return self._trials(TrialState.RUNNING)

    def delete_unless_begun(self) -> None:
        """A study that was refused before its first trial leaves nothing in the storage."""
        if all(trial.state == TrialState.WAITING for trial in self._every()):
            self.retry(
                lambda: optuna.delete_study(
                    study_name=self.study.study_name, storage=storage_of(self.study)
                )
            )

    # The queue

    def queued(self) -> list[dict[str, Any]]:
        """The parameters of the trials that wait in line."""
        return [queued_params(trial) for trial in self._trials(TrialState.WAITING)]

    def enqueue(self, params: Mapping[str, Any], marks: Mapping[str, Any]) -> None:
        """Put a configuration in line; `marks` are the user attributes its trial will have."""
        self.retry(lambda: self.study.enqueue_trial(dict(params), user_attrs=dict(marks)))

    def enqueue_again(self, trial: FrozenTrial | optuna.Trial, params: Mapping[str, Any]) -> None:
        """Put the configuration of an interrupted trial in line once more."""
        kept = (records.BASELINE, records.REPLICATE_OF, records.SEED)
        marks = {name: trial.user_attrs[name] for name in kept if name in trial.user_attrs}
        marks[records.RETRY_OF] = trial.number
        self.enqueue(params, marks)

    # One trial

    def ask(self) -> optuna.Trial:
        """A new trial, or the first in line; baselines come before all others.

        A user's own point that was added later must not wait for what the search has put in line.
        """
        return self.retry(self._ask)

    def _ask(self) -> optuna.Trial:
        for frozen in self._trials(TrialState.WAITING):
            if records.BASELINE in frozen.user_attrs:
                trial = take_from_queue(self.study, frozen)
                if trial is not None:
                    return trial
        return self.study.ask()

    def was_queued(self, trial: optuna.Trial) -> bool:
        """Was it put in line, its parameters fixed beforehand?"""
        return self.retry(lambda: was_queued(trial))

    def suggest(self, trial: optuna.Trial, space: Space, devices: int) -> dict[str, Any]:
        """The trial's parameters; a trial may have at most so many devices."""
        return self.retry(lambda: space.suggest(trial, devices))

    def open(self, frozen: FrozenTrial) -> optuna.Trial:
        """A trial that an earlier driver began, to be written to."""
        return open_trial(self.study, frozen)

    def mark(self, trial: optuna.Trial, marks: Mapping[str, Any]) -> None:
        """Write user attributes of a trial that has not been told."""
        for name, value in marks.items():
            self._write(trial, partial(trial.set_user_attr, name, value))

    def give_back(self, trial: optuna.Trial) -> None:
        """A trial that never had devices goes back in line, with the parameters it has."""
        self._write(trial, lambda: return_to_queue(self.study, trial))

    def constrain(self, trial: optuna.Trial, violations: Mapping[str, float]) -> None:
        """How far each bound is broken; at 0 or below it is kept."""
        if not violations:
            return

        def write() -> None:
            for name, violation in violations.items():
                trial.set_constraint(name, violation)
            set_unnamed_constraints(self.study, trial, list(violations.values()))

        self._write(trial, write)

    def tell(self, trial: optuna.Trial, values: Sequence[float]) -> None:
        """The trial has completed, with the values of the objectives."""
        self._tell(trial, TrialState.COMPLETE, list(values))

    def tell_without_values(self, trial: optuna.Trial, *, pruned: bool) -> None:
        """The trial has ended otherwise: `pruned` where that speaks against its configuration."""
        self._tell(trial, TrialState.PRUNED if pruned else TrialState.FAIL, None)

    def _tell(self, trial: optuna.Trial, state: TrialState, values: list[float] | None) -> None:
        try:
            self.retry(lambda: self.study.tell(trial, values, state=state))
        except (optuna.exceptions.UpdateFinishedTrialError, ValueError):
            told = self.retry(lambda: stored_trial(self.study, trial))
            if not told.state.is_finished():
                raise
            # Perhaps by this very driver: the answer of its first attempt was lost.
            if (told.state, told.values) != (state, values):
                raise TrialSettled(trial.number) from None

    def _write(self, trial: optuna.Trial, action: Callable[[], T]) -> T:
        try:
            return self.retry(action)
        except optuna.exceptions.UpdateFinishedTrialError:
            raise TrialSettled(trial.number) from None

    def _every(self) -> Sequence[FrozenTrial]:
        return self.retry(lambda: self.study.get_trials(deepcopy=False))

    def _trials(self, state: TrialState) -> Sequence[FrozenTrial]:
        return self.retry(lambda: self.study.get_trials(deepcopy=False, states=(state,)))
