"""Constraints and prices have changed: what Optuna's samplers read of earlier trials is renewed.

Paretune's own readers derive feasibility and dollars from stored figures and the study as it is now
(paretune.study.stored_trials.records). Optuna keeps both with each finished trial, and writes
neither a second time: here its rows are replaced, in one transaction. Other storages cannot do
that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from paretune.errors import StudyError
from paretune.optuna_internals import (
    backend_of,
    constraint_attributes,
    forget_cached_study,
    storage_of,
    trial_id,
)
from paretune.study.stored_trials.records import RecordReader
from paretune.trial.outcome import DOLLARS

# How far a bound is broken on a figure that the trial does not have.
_UNKNOWN = 1.0


def renew(study: optuna.Study, reader: RecordReader) -> int:
    """Make the completed trials' constraints and dollars those that `reader` finds.

    Returns how many trials are others now. Raises StudyError where the storage is no database.
    """
    changed = [trial for trial in _completed(study) if _differs(trial, reader)]
    if not changed:
        return 0
    backend = backend_of(storage_of(study))
    if not isinstance(backend, RDBStorage):
        raise StudyError(
            f"study {study.study_name!r}: constraints and prices cannot change in a "
            f"{type(backend).__name__}; give the new study another name, or keep studies in a "
            "database"
        )
    _rewrite(backend, changed, reader)
    forget_cached_study(study)
    return len(changed)


def _completed(study: optuna.Study) -> Iterable[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _differs(trial: FrozenTrial, reader: RecordReader) -> bool:
    wanted = _attributes(trial, reader)
    stored = {n: v for n, v in trial.system_attrs.items() if n.startswith("constraints")}
    return stored != wanted or _values(trial, reader) != trial.values


def _attributes(trial: FrozenTrial, reader: RecordReader) -> dict[str, Any]:
    record = reader.read(trial)
    violations = reader.objectives.violations({**record.metrics, **(record.values or {})})
    known = {n: _UNKNOWN if math.isnan(v) else v for n, v in violations.items()}
    return constraint_attributes(known)


def _values(trial: FrozenTrial, reader: RecordReader) -> list[float]:
    return list((reader.read(trial).values or {}).values())


def _rewrite(backend: RDBStorage, changed: Iterable[FrozenTrial], reader: RecordReader) -> None:
    from sqlalchemy import Column, Float, Integer, MetaData, Table, Text

    tables = MetaData()
    attribute_tables = [
        Table(
            name,
            tables,
            Column("trial_id", Integer),
            Column("key", Text),
            Column("value_json", Text),
        )
        for name in ("trial_system_attributes", "trial_user_attributes")
    ]
    system, user = attribute_tables
    values = Table(
        "trial_values",
        tables,
        Column("trial_id", Integer),
        Column("objective", Integer),
        Column("value", Float(precision=53)),
    )
    names = reader.objectives.names
    with backend.engine.begin() as connection:
        for trial in changed:
            identity, record = trial_id(trial), reader.read(trial)
            of_trial = system.c.trial_id == identity
            connection.execute(
                system.delete().where(of_trial, system.c.key.startswith("constraints"))
            )
            rows = [
                {"trial_id": identity, "key": key, "value_json": json.dumps(value)}
                for key, value in _attributes(trial, reader).items()
            ]
            if rows:
                connection.execute(system.insert(), rows)
            if DOLLARS not in record.metrics:
                continue
            dollars = record.metrics[DOLLARS]
            if DOLLARS in names:
                at = (values.c.trial_id == identity, values.c.objective == names.index(DOLLARS))
                connection.execute(values.update().where(*at).values(value=dollars))
            shown = (user.c.trial_id == identity, user.c.key == DOLLARS)
            connection.execute(user.update().where(*shown).values(value_json=json.dumps(dollars)))
