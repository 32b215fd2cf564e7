"""Optuna's database storage, its trials read in bulk.

Optuna reads a study through an object for every row: at 10,000 trials that takes 20 to 40 s and
a gigabyte. Here the same rows are read as plain tuples, by one statement a table, and each
distinct distribution is decoded once. What is written, and how, stays Optuna's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Container, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

_decode = lru_cache(maxsize=4096)(json_to_distribution)
_AT_ONCE = 500  # ids in one statement: databases allow only so many
_PARSED = 1000  # trials whose attributes are parsed as one text: a call for each costs far more
_Rows = dict[int, list[tuple[Any, ...]]]  # by trial


class QuickStorage(RDBStorage):
    """Reads through the one method that all of Optuna's reading of many trials comes to."""

    def newest(self, study_id: int, count: int) -> list[FrozenTrial]:
        """The last trials of a study, in order, whatever their state."""
        from optuna.storages._rdb import models
        from sqlalchemy import select

        table = models.TrialModel.__table__.c
        older = select(table.trial_id).where(table.study_id == study_id)
        with self.engine.connect() as connection:
            last_left_out = connection.execute(
                older.order_by(table.trial_id.desc()).offset(count).limit(1)
            ).scalar()
        return self._get_trials(study_id, None, (), -1 if last_left_out is None else last_left_out)

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: Collection[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """The study's trials whose id is greater, or among those included; by id."""
        from optuna.storages._rdb import models
        from sqlalchemy import or_, select

        table = models.TrialModel.__table__.c
        newer = table.trial_id > trial_id_greater_than
        older = [i for i in included_trial_ids if i <= trial_id_greater_than]
        wanted = [or_(newer, table.trial_id.in_(ids)) for ids in _parts(older)] or [newer]
        columns = (
            table.trial_id,
            table.number,
            table.state,
            table.datetime_start,
            table.datetime_complete,
        )
        found: dict[int, Any] = {}
        with self.engine.connect() as connection:
            # Ensures that the study is there, as Optuna does.
            self.get_study_name_from_id(study_id)
            for condition in wanted:
                statement = select(*columns).where(table.study_id == study_id, condition)
                found |= {row.trial_id: row for row in connection.execute(statement)}
            if states is not None:
                found = {i: row for i, row in found.items() if row.state in states}
            parts = self._parts_of(connection, study_id, sorted(found), whole=not older)
        for name in ("user", "system"):
            parts[name] = _decoded(parts[name])
        return [_trial(found[i], parts) for i in sorted(found)]

    def _parts_of(
        self, connection: Any, study_id: int, ids: list[int], *, whole: bool
    ) -> dict[str, _Rows]:
        """The rows of the trials' tables. `whole`: of most trials of the study."""
        from optuna.storages._rdb import models
        from sqlalchemy import select

        parts: dict[str, _Rows] = {}
        for name, columns in _columns().items():
            rows: _Rows = defaultdict(list)
            if whole and len(ids) > _AT_ONCE:
                trial = models.TrialModel
                of_study = select(trial.trial_id).where(
                    trial.study_id == study_id, trial.trial_id >= ids[0]
                )
                conditions = [columns[0].in_(of_study)]
            else:
                conditions = [columns[0].in_(some) for some in _parts(ids)]
            for condition in conditions:
                for trial_id, *rest in connection.execute(select(*columns).where(condition)).all():
                    rows[trial_id].append(tuple(rest))
            parts[name] = rows
        return parts


def _local(when: datetime | None) -> datetime | None:
    """Stored as UTC, shown as local time; both without a zone."""
    return None if when is None else when.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _columns() -> dict[str, tuple[Any, ...]]:
    """Of the tables that hold a trial's parts; each begins with the trial's id."""
    from optuna.storages._rdb import models

    p, v = models.TrialParamModel, models.TrialValueModel
    u, s = models.TrialUserAttributeModel, models.TrialSystemAttributeModel
    i = models.TrialIntermediateValueModel
    return {
        "params": (p.trial_id, p.param_name, p.param_value, p.distribution_json, p.param_id),
        "values": (v.trial_id, v.objective, v.value, v.value_type),
        "user": (u.trial_id, u.key, u.value_json),
        "system": (s.trial_id, s.key, s.value_json),
        "steps": (i.trial_id, i.step, i.intermediate_value, i.intermediate_value_type),
    }


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _decoded(rows: _Rows) -> _Rows:
    """By trial, its keys with the values that their texts stand for."""
    found: _Rows = {}
    ids = list(rows)
    for start in range(0, len(ids), _PARSED):
        some = ids[start : start + _PARSED]
        texts = ",".join(text for trial_id in some for _, text in rows[trial_id])
        values = iter(json.loads(f"[{texts}]"))
        for trial_id in some:
            found[trial_id] = [(key, next(values)) for key, _ in rows.pop(trial_id)]
    return found


def _trial(row: Any, parts: dict[str, _Rows]) -> FrozenTrial:
    from optuna.storages._rdb import models

    trial_id = row.trial_id
    value_of = models.TrialValueModel.stored_repr_to_value
    step_of = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value
    values = sorted(parts["values"].get(trial_id, ()))
    params: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}
    for name, stored, text, _ in sorted(parts["params"].get(trial_id, ()), key=lambda p: p[3]):
        distributions[name] = _decode(text)
        params[name] = distributions[name].to_external_repr(stored)
    return FrozenTrial(
        number=row.number,
        state=row.state,
        value=None,
        values=[value_of(value, kind) for _, value, kind in values] or None,
        datetime_start=_local(row.datetime_start),
        datetime_complete=_local(row.datetime_complete),
        params=params,
        distributions=distributions,
        user_attrs=dict(parts["user"].get(trial_id, ())),
        system_attrs=dict(parts["system"].get(trial_id, ())),
        intermediate_values={
            step: step_of(value, kind) for step, value, kind in parts["steps"].get(trial_id, ())
        },
        trial_id=trial_id,
    )
