"""The studies of a storage, without their trials: names, attributes, and how many trials each has.

Optuna's own summaries look for the best trial of each study and count by reading.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState

from paretune.optuna_internals import backend_of, frozen_study_id
from paretune.study.storage.quick_storage import QuickStorage
from paretune.study.storage.retry import retry_locked


@dataclass(frozen=True)
class ListedStudy:
    """One study of a storage."""

    id: int  # in the storage: a later study has a greater one
    name: str
    attributes: Mapping[str, Any]
    trials: int
    begun: int  # of them; the others wait in line


def list_studies(storage: BaseStorage) -> list[ListedStudy]:
    """Every study, those of other tools included, oldest first.

    Raises StorageError if the storage cannot be read.
    """
    studies = {frozen_study_id(study): study for study in retry_locked(storage.get_all_studies)}
    counts = retry_locked(lambda: _counts(storage, studies))
    return [
        ListedStudy(
            key,
            studies[key].study_name,
            studies[key].user_attrs,
            trials=counts[key].total(),
            begun=counts[key].total() - counts[key][TrialState.WAITING.name],
        )
        for key in sorted(studies)
    ]


def newest_trials(storage: BaseStorage, study: ListedStudy, count: int) -> list[FrozenTrial]:
    """The last trials of a study, in order; the rest of it is not read, where that can be had.

    Raises StorageError if the storage cannot be read.
    """
    backend = backend_of(storage)
    if isinstance(backend, QuickStorage):
        return retry_locked(lambda: backend.newest(study.id, count))
    return retry_locked(lambda: storage.get_all_trials(study.id, deepcopy=False))[-count:]


def _counts(storage: BaseStorage, studies: Iterable[int]) -> Mapping[int, Counter[str]]:
    """By study, how many trials there are in each state."""
    backend = backend_of(storage)
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    if not isinstance(backend, RDBStorage):
        for study in studies:
            trials = storage.get_all_trials(study, deepcopy=False)
            found[study].update(trial.state.name for trial in trials)
        return found
    from sqlalchemy import Column, Integer, MetaData, Table, Text, func, select

    study_id, state = Column("study_id", Integer), Column("state", Text)
    trials_table = Table("trials", MetaData(), Column("trial_id", Integer), study_id, state)
    counted = select(study_id, state, func.count()).select_from(trials_table)
    with backend.engine.connect() as connection:
        for study, name, count in connection.execute(counted.group_by(study_id, state)):
            found[study][name] = count
    return found
