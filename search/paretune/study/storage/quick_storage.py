"""Optuna's database storage, its trials read in bulk.

Optuna reads a study through an object for every row: at 10,000 trials that takes 20 to 40 s and
a gigabyte. Here the same rows are read as plain tuples, by one statement a table, and each
distinct distribution is decoded once. What is written, and how, stays Optuna's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from paretune.study.storage.gc_pause import gc_paused

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

    def with_attributes(self, study_id: int, names: Collection[str]) -> list[FrozenTrial]:
        """All trials of a study in order, with those user attributes alone and no other ones.

        Neither steps nor what Optuna notes down for itself: it is most of a study's rows.
        """
        with gc_paused():
            found = self._read(study_id, None, (), -1, _columns(names))
        return sorted(found, key=lambda trial: trial.number)

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: Collection[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """The study's trials whose id is greater, or among those included; by id."""
        with gc_paused():
            return self._read(
                study_id, states, included_trial_ids, trial_id_greater_than, _columns()
            )

    def _read(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: Collection[int],
        trial_id_greater_than: int,
        wanted_parts: Mapping[str, _Part],
    ) -> list[FrozenTrial]:
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
            ids = sorted(found)
            parts = {
                name: self._rows(connection, study_id, ids, part, whole=not older)
                for name, part in wanted_parts.items()
            }
        for name in {"user", "system"} & parts.keys():
            parts[name] = _decoded(parts[name])
        return [_trial(found[i], parts) for i in sorted(found)]

    def _rows(
        self, connection: Any, study_id: int, ids: list[int], part: _Part, *, whole: bool
    ) -> _Rows:
        """The rows of one of the trials' tables. `whole`: of most trials of the study."""
        from optuna.storages._rdb import models
        from sqlalchemy import select

        owner = part.columns[0]
        if whole and len(ids) > _AT_ONCE:
            trial = models.TrialModel
            of_study = select(trial.trial_id).where(
                trial.study_id == study_id, trial.trial_id >= ids[0]
            )
            conditions = [owner.in_(of_study)]
        else:
            conditions = [owner.in_(some) for some in _parts(ids)]
        rows: _Rows = defaultdict(list)
        for condition in conditions:
            statement = select(*part.columns).where(condition, *part.conditions)
            for row in connection.execute(statement).all():
                rows[row[0]].append(row)
        return rows


def _local(when: datetime | None) -> datetime | None:
    """Stored as UTC, shown as local time; both without a zone."""
    return None if when is None else when.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


class _Part(NamedTuple):
    """A table that holds a part of each trial."""

    columns: tuple[Any, ...]  # the trial's id first
    conditions: tuple[Any, ...] = ()  # which of its rows are wanted


def _columns(attributes: Collection[str] | None = None) -> dict[str, _Part]:
    """Every part of a trial; or, of its attributes, those of the user's that are named alone."""
    from optuna.storages._rdb import models

    p, v = models.TrialParamModel, models.TrialValueModel
    u, s = models.TrialUserAttributeModel, models.TrialSystemAttributeModel
    i = models.TrialIntermediateValueModel
    params = (p.trial_id, p.param_name, p.param_value, p.distribution_json, p.param_id)
    parts = {
        "params": _Part(params),
        "values": _Part((v.trial_id, v.objective, v.value, v.value_type)),
    }
    user = (u.trial_id, u.key, u.value_json)
    if attributes is not None:
        return {**parts, "user": _Part(user, (u.key.in_(list(attributes)),))}
    steps = (i.trial_id, i.step, i.intermediate_value, i.intermediate_value_type)
    return {
        **parts,
        "user": _Part(user),
        "system": _Part((s.trial_id, s.key, s.value_json)),
        "steps": _Part(steps),
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
        texts = ",".join(row[2] for trial_id in some for row in rows[trial_id])
        values = iter(json.loads(f"[{texts}]"))
        for trial_id in some:
            found[trial_id] = [(row[1], next(values)) for row in rows.pop(trial_id)]
    return found


def _trial(row: Any, parts: Mapping[str, _Rows]) -> FrozenTrial:
    from optuna.storages._rdb import models

    def of(part: str) -> Sequence[tuple[Any, ...]]:
        return parts.get(part, {}).get(row.trial_id, ())

    value_of = models.TrialValueModel.stored_repr_to_value
    step_of = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value
    params: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}
    for _, name, stored, text, _ in sorted(of("params"), key=itemgetter(-1)):
        distributions[name] = _decode(text)
        params[name] = distributions[name].to_external_repr(stored)
    return FrozenTrial(
        number=row.number,
        state=row.state,
        value=None,
        values=[value_of(value, kind) for _, _, value, kind in sorted(of("values"))] or None,
        datetime_start=_local(row.datetime_start),
        datetime_complete=_local(row.datetime_complete),
        params=params,
        distributions=distributions,
        user_attrs=dict(of("user")),
        system_attrs=dict(of("system")),
        intermediate_values={step: step_of(value, kind) for _, step, value, kind in of("steps")},
        trial_id=row.trial_id,
    )
