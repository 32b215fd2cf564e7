"""The studies of a storage, without their trials: names, attributes, and how many trials each has.

Optuna's own summaries look for the best trial of each study and count by reading. A database is
asked by statements of our own, without Optuna: to import it takes longer than to answer.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretune.study.storage.database_access import opened
from paretune.study.storage.retry import retry_locked
from paretune.study.storage.storage_address import StorageAddress

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial
    from sqlalchemy import Connection, Engine, TableClause

_WAITING = "WAITING"  # Optuna's name of the state of a trial that has not begun


@dataclass(frozen=True)
class ListedStudy:
    """One study of a storage."""

    id: int  # in the storage: a later study has a greater one
    name: str
    attributes: Mapping[str, Any]
    trials: int
    begun: int  # of them; the others wait in line


def studies_at(address: StorageAddress) -> list[ListedStudy]:
    """Every study of a database that is there, those of other tools included, oldest first.

    Raises StorageError if the storage cannot be read.
    """

    def read(url: str, options: dict[str, Any]) -> list[ListedStudy]:
        from sqlalchemy import create_engine, inspect

        engine = create_engine(url, **options)
        try:
            return _studies_in(engine) if inspect(engine).has_table("studies") else []
        finally:
            engine.dispose()

    return opened(address, read, create=False)


def list_studies(storage: BaseStorage) -> list[ListedStudy]:
    """The same of a storage that is open.

    Raises StorageError if the storage cannot be read.
    """
    from optuna.storages import RDBStorage

    from paretune.optuna_internals import backend_of, frozen_study_id

    backend = backend_of(storage)
    if isinstance(backend, RDBStorage):
        return retry_locked(lambda: _studies_in(backend.engine))
    found = []
    for study in storage.get_all_studies():
        key = frozen_study_id(study)
        trials = storage.get_all_trials(key, deepcopy=False)
        states = Counter(trial.state.name for trial in trials)
        found.append(_listed(key, study.study_name, study.user_attrs, states))
    return found


def newest_trials(storage: BaseStorage, study: ListedStudy, count: int) -> list[FrozenTrial]:
    """The last trials of a study, in order; the rest of it is not read, where that can be had.

    Raises StorageError if the storage cannot be read.
    """
    from paretune.optuna_internals import backend_of
    from paretune.study.storage.quick_storage import QuickStorage

    backend = backend_of(storage)
    if isinstance(backend, QuickStorage):
        return retry_locked(lambda: backend.newest(study.id, count))
    return retry_locked(lambda: storage.get_all_trials(study.id, deepcopy=False))[-count:]


def _studies_in(engine: Engine) -> list[ListedStudy]:
    from sqlalchemy import func, select

    studies = _table("studies", "study_id", "study_name")
    marks = _table("study_user_attributes", "study_id", "key", "value_json")
    trials = _table("trials", "study_id", "state")
    attributes: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    states: defaultdict[int, Counter[str]] = defaultdict(Counter)
    with engine.connect() as connection:
        names = _rows(connection, select(*studies.c))
        for owner, title, text in _rows(connection, select(*marks.c)):
            attributes[owner][title] = json.loads(text)
        counted = select(*trials.c, func.count()).group_by(*trials.c)
        for owner, title, count in _rows(connection, counted):
            states[owner][title] = count
    return [_listed(one, title, attributes[one], states[one]) for one, title in sorted(names)]


def _table(name: str, *columns: str) -> TableClause:
    from sqlalchemy import column, table

    return table(name, *map(column, columns))


def _rows(connection: Connection, statement: Any) -> Iterable[Any]:
    return connection.execute(statement).all()


def _listed(
    key: int, name: str, attributes: Mapping[str, Any], states: Counter[str]
) -> ListedStudy:
    total = states.total()
    return ListedStudy(key, name, attributes, trials=total, begun=total - states[_WAITING])
