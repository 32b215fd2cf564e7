"""Trials as flat rows: every parameter and figure a column, its unit in the column's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paretune.front.measured_front import MeasuredFront
from paretune.measure import Measurement
from paretune.trial.record import TrialRecord


def flat_rows(records: Sequence[TrialRecord]) -> tuple[list[str], list[list[Any]]]:
    """The names of the columns, and a row a trial; None where a trial has no such value.

    Columns are the trial's number and end, its parameters, every figure that any trial has (the
    objectives among them), what it paid and took from others (GPU-seconds), and where its files
    are. A figure that is called like a parameter has " (measured)" behind its name.
    """
    params = list(dict.fromkeys(name for record in records for name in record.params))
    figures = list(dict.fromkeys(name for record in records for name in _figures(record)))
    columns = [
        *("number", "status", "baseline", "feasible"),
        *params,
        *(f"{name} (measured)" if name in params else name for name in figures),
        *("spent_gpu_seconds", "reused_gpu_seconds", "error", "model", "log"),
    ]
    rows = [
        [
            record.number,
            "running" if record.status is None else record.status.value,
            record.baseline,
            record.feasible,
            *(record.params.get(name) for name in params),
            *(_figures(record).get(name) for name in figures),
            record.spent.gpu_seconds,
            Measurement.total(record.reused.values()).gpu_seconds,
            record.error,
            record.model,
            record.log,
        ]
        for record in records
    ]
    return columns, rows


def front_columns(
    front: MeasuredFront, records: Sequence[TrialRecord]
) -> tuple[list[str], list[list[Any]]]:
    """Further columns of the front's trials, and a row a trial.

    `point` is the trial that stands for it and for all that cannot be told from it, `membership`
    how likely its configuration is truly non-dominated; None where a standard error is not known.
    """
    names = front.objectives.names
    leaders = {
        record.number: point.number
        for point in front.points
        for record in (point.record, *point.alike)
    }
    rows = []
    for record in records:
        figures = front.figures(record)
        errors = [figures[name].standard_error for name in names]
        membership = front.memberships[record.number]
        rows.append([leaders.get(record.number, record.number), membership, *errors])
    return ["point", "membership", *(f"{name}_standard_error" for name in names)], rows


def _figures(record: TrialRecord) -> dict[str, float]:
    # Objectives first, in the study's order: they stand before what else was measured.
    return {**(record.values or {}), **record.metrics, **(record.values or {})}
