"""Everything that Paretune needs of Optuna and Optuna keeps private: each such name, once.

Optuna 4 and 5 both have them. What changes there is mended here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, cast

import optuna
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudySummary
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

_FIXED = "fixed_params"  # of a trial that waits: what it will be given


def storage_of(study: optuna.Study) -> BaseStorage:
    """The storage a study lies in."""
    return study._storage


def backend_of(storage: BaseStorage) -> BaseStorage:
    """The storage itself, under Optuna's cache."""
    backend: BaseStorage = getattr(storage, "_backend", storage)
    return backend


def study_id(study: optuna.Study | StudySummary) -> int:
    """The study's number in its storage: a later one was created later."""
    return study._study_id


def frozen_study_id(study: FrozenStudy) -> int:
    """The same of one that a storage has listed."""
    return study._study_id


def open_trial(study: optuna.Study, frozen: FrozenTrial) -> optuna.Trial:
    """A stored trial, to be written to."""
    return optuna.Trial(study, frozen._trial_id)


def stored_trial(study: optuna.Study, trial: optuna.Trial) -> FrozenTrial:
    """The trial as the storage has it now."""
    return study._storage.get_trial(trial._trial_id)


def queued_params(frozen: FrozenTrial) -> dict[str, Any]:
    """The parameters a trial was put in line with; {} for one that was not."""
    return dict(frozen.system_attrs.get(_FIXED, {}))


def take_from_queue(study: optuna.Study, frozen: FrozenTrial) -> optuna.Trial | None:
    """A trial that waits, to be run before those in front of it; None if another has taken it."""
    study._thread_local.cached_all_trials = None  # as `ask` does
    try:
        taken = study._storage.set_trial_state_values(frozen._trial_id, TrialState.RUNNING)
    except optuna.exceptions.UpdateFinishedTrialError:
        return None
    return open_trial(study, frozen) if taken else None


def was_queued(trial: optuna.Trial) -> bool:
    """Was a trial that was asked for put in line beforehand?"""
    return _FIXED in trial.storage.get_trial(trial._trial_id).system_attrs


def return_to_queue(study: optuna.Study, trial: optuna.Trial) -> None:
    """Have a trial that runs wait again, its parameters fixed to those it was given."""
    storage = study._storage
    storage.set_trial_system_attr(trial._trial_id, _FIXED, dict(trial.params))
    storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)


def set_unnamed_constraints(
    study: optuna.Study, trial: optuna.Trial, violations: Sequence[float]
) -> None:
    """A trial's constraints in Optuna's older form, the only one that optuna-dashboard 0.21 reads.

    To be called before the trial is told.
    """
    study._storage.set_trial_system_attr(trial._trial_id, "constraints", list(violations))


def constraint_attributes(violations: Mapping[str, float]) -> dict[str, Any]:
    """The system attributes of a trial that has these constraints, in both of Optuna's forms."""
    if not violations:
        return {}
    named = {f"constraints:{name}": violation for name, violation in violations.items()}
    return {**named, "constraints": list(violations.values())}


def trial_id(frozen: FrozenTrial) -> int:
    """The trial's number in its storage."""
    return frozen._trial_id


def study_system_attributes(study: optuna.Study) -> Mapping[str, Any]:
    """A study's system attributes, in which optuna-dashboard keeps its notes."""
    return study._storage.get_study_system_attrs(study._study_id)


def set_study_system_attributes(study: optuna.Study, attributes: Mapping[str, Any]) -> None:
    """Write some of them: in a database in one transaction, where Optuna would make one of each."""
    backend = backend_of(study._storage)
    if not isinstance(backend, RDBStorage):
        for name, value in attributes.items():
            study._storage.set_study_system_attr(study._study_id, name, value)
        return
    if attributes:
        _write_rows(backend, study._study_id, attributes)


def _write_rows(backend: RDBStorage, study: int, attributes: Mapping[str, Any]) -> None:
    from sqlalchemy import Column, Integer, MetaData, Table, Text
    from sqlalchemy.exc import SQLAlchemyError

    table = Table(
        "study_system_attributes",
        MetaData(),
        Column("study_id", Integer),
        Column("key", Text),
        Column("value_json", Text),
    )
    rows = [
        {"study_id": study, "key": name, "value_json": json.dumps(value)}
        for name, value in attributes.items()
    ]
    names = list(attributes)
    try:
        with backend.engine.begin() as connection:
            for at in range(0, len(names), 500):  # databases limit how many a statement may have
                some = table.c.key.in_(names[at : at + 500])
                connection.execute(table.delete().where(table.c.study_id == study, some))
            connection.execute(table.insert(), rows)
    except SQLAlchemyError as error:  # as Optuna's own methods raise
        raise optuna.exceptions.StorageInternalError(str(error)) from error


def trial_ids(study: optuna.Study) -> dict[int, int]:
    """The trials' numbers in the storage, by their numbers in the study."""
    return {trial.number: trial._trial_id for trial in study.get_trials(deepcopy=False)}


def forget_cached_study(study: optuna.Study) -> None:
    """Empty the cache of a study whose rows were rewritten below it.

    It remembers the distributions that new ones are compared with.
    """
    caches = getattr(study._storage, "_studies", None)
    if isinstance(caches, dict):
        caches.pop(study._study_id, None)


def study_without(study: optuna.Study, hidden: Callable[[FrozenTrial], bool]) -> optuna.Study:
    """The study as a sampler sees it from which the `hidden` trials are kept."""
    return cast(optuna.Study, _StudyWithout(study, hidden))


class _StudyWithout:
    """A study in all but the trials that are hidden."""

    def __init__(self, study: optuna.Study, hidden: Callable[[FrozenTrial], bool]) -> None:
        self._study = study
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.get_trials()

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return self._get_trials(deepcopy, states)

    # Optuna's own samplers call this one.
    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = self._study._get_trials(deepcopy, states, use_cache)
        # Without `states` they are asked for to be found by their numbers.
        return [t for t in trials if not self._hidden(t)] if states is not None else trials
