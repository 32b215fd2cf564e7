"""A study's space has grown: its earlier trials are rewritten as trials of the new space.

Optuna refuses a categorical distribution that differs from the stored one (optuna#2199, #2275),
and takes a changed range only half-heartedly: samplers that look at all parameters together drop
every parameter whose distributions differ between trials, and sample it at random from then on. So
the stored distributions are replaced by the new ones, and a parameter that is new is entered with
its default: afterwards the study is what it would be had it begun with the new space. The values
themselves do not change. A database does this in one transaction; other storages cannot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
    json_to_distribution,
)
from optuna.storages import RDBStorage

from paretune.errors import StudyError
from paretune.optuna_internals import backend_of, forget_cached_study, storage_of, study_id
from paretune.space.parameters import default_of
from paretune.space.search_space import Space


def widen(study: optuna.Study, space: Space, devices: int) -> int:
    """Make the study's trials trials of `space`; returns how many parameters were rewritten.

    To be called where `Space.changes` allows the change, before trials are asked for. Raises
    StudyError where the storage is no database and Optuna would refuse the new space.
    """
    backend = backend_of(storage_of(study))
    if not isinstance(backend, RDBStorage):
        _refuse_incompatible(study, space, devices)
        return 0
    count = _rewrite(backend, study_id(study), space, devices)
    if count:
        forget_cached_study(study)
    return count


def _rewrite(backend: RDBStorage, identity: int, space: Space, devices: int) -> int:
    from sqlalchemy import Column, Float, Integer, MetaData, Table, Text, bindparam, select

    tables = MetaData()
    trials = Table("trials", tables, Column("trial_id", Integer), Column("study_id", Integer))
    params = Table(
        "trial_params",
        tables,
        Column("param_id", Integer, primary_key=True),
        Column("trial_id", Integer),
        Column("param_name", Text),
        Column("param_value", Float(precision=53)),
        Column("distribution_json", Text),
    )
    distributions = space.distributions(devices)
    of_study = select(trials.c.trial_id).where(trials.c.study_id == identity)
    with backend.engine.begin() as connection:
        forms = select(params.c.param_name, params.c.distribution_json).distinct()
        stored_forms = connection.execute(forms.where(params.c.trial_id.in_(of_study))).all()
        wanted = {name: distribution_to_json(d) for name, d in distributions.items()}
        if {(name, text) for name, text in stored_forms} == set(wanted.items()):
            return 0  # every parameter is there, each in one form: this one
        rows = connection.execute(select(params).where(params.c.trial_id.in_(of_study)))
        stored: dict[int, dict[str, Any]] = defaultdict(dict)
        for row in rows:
            stored[row.trial_id][row.param_name] = row
        updates: list[dict[str, Any]] = []
        inserts: list[dict[str, Any]] = []
        for trial_id, by_name in stored.items():
            values = {
                name: json_to_distribution(row.distribution_json).to_external_repr(row.param_value)
                for name, row in by_name.items()
            }
            for name, entry in _entries(values, space, devices, distributions).items():
                found = by_name.get(name)
                if found is None:
                    inserts.append({"trial_id": trial_id, "param_name": name, **entry})
                elif found.distribution_json != entry["distribution_json"]:
                    updates.append({"row": found.param_id, **entry})
        if updates:
            connection.execute(
                params.update()
                .where(params.c.param_id == bindparam("row"))
                .values(param_value=bindparam("param_value"))
                .values(distribution_json=bindparam("distribution_json")),
                updates,
            )
        if inserts:
            connection.execute(params.insert(), inserts)
    return len(updates) + len(inserts)


def _entries(
    values: Mapping[str, Any],
    space: Space,
    devices: int,
    distributions: Mapping[str, BaseDistribution],
) -> dict[str, dict[str, Any]]:
    """What the storage is to hold of one trial, by parameter, as far as the new space knows it."""
    known = dict(values)
    entries: dict[str, dict[str, Any]] = {}
    for parameter in space.parameters:
        name = parameter.name
        if name not in known and name in space.active(known):
            default = default_of(parameter)
            if default is not None:
                known[name] = default
        # A value outside, of a machine with more devices, keeps the distribution it came from.
        if name in known and parameter.problem(known[name], devices) is None:
            distribution = distributions[name]
            entries[name] = {
                "param_value": float(distribution.to_internal_repr(known[name])),
                "distribution_json": distribution_to_json(distribution),
            }
    return entries


def _refuse_incompatible(study: optuna.Study, space: Space, devices: int) -> None:
    distributions = space.distributions(devices)
    for trial in study.get_trials(deepcopy=False):
        for name, before in trial.distributions.items():
            try:
                check_distribution_compatibility(before, distributions[name])
            except ValueError as problem:
                kind = type(storage_of(study)).__name__
                raise StudyError(
                    f"study {study.study_name!r}: {name} cannot change in a {kind} ({problem}); "
                    "give the new study another name, or keep studies in a database"
                ) from None
