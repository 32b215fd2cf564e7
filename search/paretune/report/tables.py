"""Tables of a front and of all trials: for a terminal of 80 columns, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from paretune.front.measured_front import FrontPoint, MeasuredFront
from paretune.pareto.objectives import Objectives
from paretune.report import RecordedStudy
from paretune.report.flat_rows import flat_rows, front_columns
from paretune.report.labels import common, device_note, number, settings
from paretune.report.point_cells import (
    alike_remark,
    figure_cell,
    membership_cell,
    noise_note,
)
from paretune.report.row_listing import ListedRow, Listing
from paretune.report.totals import Totals
from paretune.report.wording import counted
from paretune.trial.record import TrialRecord

_COST = "gpu_seconds"  # of the configuration, from scratch
_SPENT = "spent_seconds"
_SHARED = "*"
_DISTURBED = "~"


def front_table(study: RecordedStudy, *, every: bool = False, title: str = "") -> Listing:
    """The front of a study, best in the first objective first, every figure with its noise.

    What cannot be told apart is one row, the others are counted; with `every` each has a row.
    """
    front = study.measured
    points = front.single_points if every else front.points
    return Listing(
        title=title or _front_title(study, points),
        columns=_point_columns(front, points),
        words=(True, *(False for _ in _point_columns(front, points)[1:])),
        rows=_point_rows(front, points),
        note="\n".join(
            [
                *noise_note(front, points),
                _note(
                    [point.record for point in points],
                    common([point.record.params for point in points]),
                    study.device_kind,
                    "\n".join(Totals.of(study.records).lines(study.device_kind)),
                ),
            ]
        ),
    )


def _front_title(study: RecordedStudy, points: Sequence[FrontPoint]) -> str:
    members, trials = len(study.measured.records), len(study.records)
    found = f"{members} of {trials} trials in the front"
    if len(points) == members:
        return f"{study.spec.name}: {found}"
    return f"{study.spec.name}: {counted(len(points), 'point')}, {found}"


def _point_columns(front: MeasuredFront, points: Sequence[FrontPoint]) -> tuple[str, ...]:
    names = front.objectives.names
    repeated = ("n",) if _are_repeated(points) else ()
    return ("trial", *names, *repeated, "on_front", *_cost_columns(names))


def _point_rows(front: MeasuredFront, points: Sequence[FrontPoint]) -> list[ListedRow]:
    names, repeated = front.objectives.names, _are_repeated(points)
    shared = common([point.record.params for point in points])
    best = _best([point.record for point in points], front.objectives)
    rows = []
    for point in points:
        values = point.record.values or {}
        cells = [
            Text(
                figure_cell(name, point.figures[name]),
                style="bold" if values[name] == best[name] else "",
            )
            for name in names
        ]
        if repeated:
            cells.append(Text(str(max(f.measurements for f in point.figures.values()))))
        cells.append(Text(membership_cell(point), style="" if point.sure else "dim"))
        alike = alike_remark(point)
        rows.append(
            ListedRow(
                (Text(_name(point.record)), *cells, *_costs(point.record, names)),
                settings(point.record.params, shared),
                () if alike is None else (Text(alike, style="dim"),),
            )
        )
    return rows


def _are_repeated(points: Sequence[FrontPoint]) -> bool:
    return any(f.measurements > 1 for point in points for f in point.figures.values())


def points_table(
    points: Sequence[TrialRecord],
    objectives: Objectives,
    device_kind: str,
    title: str = "",
    totals: str = "",
) -> Listing:
    """Trials that have values, with the best of each objective in bold.

    `totals` are sentences on the whole study.
    """
    shared = common([point.params for point in points])
    best = _best(points, objectives)
    rows = []
    for point in points:
        values = point.values or {}
        cells = [
            Text(number(values[name]), style="bold" if values[name] == best[name] else "")
            for name in objectives.names
        ]
        costs = _costs(point, objectives.names)
        rows.append(ListedRow((Text(_name(point)), *cells, *costs), settings(point.params, shared)))
    columns = ("trial", *objectives.names, *_cost_columns(objectives.names))
    return Listing(
        title=title,
        columns=columns,
        words=(True, *(False for _ in columns[1:])),
        rows=rows,
        note=_note(points, shared, device_kind, totals),
    )


def trials_table(study: RecordedStudy) -> Listing:
    """Every trial: how it ended, its two costs, and why it failed if it did."""
    names = study.spec.objectives.names
    shared = common([record.params for record in study.records])
    front = {record.number for record in study.front}
    rows = []
    for record in study.records:
        values = record.values or {}
        remarks: list[Text] = []
        if record.error is not None:
            remarks.append(Text(record.error, style="red"))
            # Folded, not broken at its slashes: joined again it is still a path.
            remarks.append(Text(f"log: {record.log or 'none'}", overflow="fold"))
        cells = (
            Text(_name(record)),
            _status(record, in_front=record.number in front),
            *(Text(number(values[name]) if name in values else "") for name in names),
            *_costs(record, names),
        )
        rows.append(ListedRow(cells, settings(record.params, shared), tuple(remarks)))
    columns = ("trial", "status", *names, *_cost_columns(names))
    totals = "\n".join(Totals.of(study.records).lines(study.device_kind))
    return Listing(
        title=f"{study.spec.name}: {counted(len(study.records), 'trial')}",
        columns=columns,
        words=(True, True, *(False for _ in columns[2:])),
        rows=rows,
        note=_note(study.records, shared, study.device_kind, totals),
    )


def front_csv(study: RecordedStudy) -> str:
    """The front with every parameter and figure: one row a trial, names in the first row.

    Behind them the trial that stands for its point, its membership and every standard error.
    """
    columns, rows = flat_rows(study.front)
    more_columns, more = front_columns(study.measured, study.front)
    return _written([*columns, *more_columns], [[*r, *m] for r, m in zip(rows, more, strict=True)])


def trials_csv(study: RecordedStudy) -> str:
    """Every trial with every parameter and figure: one row a trial, names in the first row."""
    return _csv(study.records)


def _note(
    points: Sequence[TrialRecord],
    shared: Mapping[str, Any],
    device_kind: str,
    totals: str,
) -> str:
    notes = [f"all: {', '.join(settings(shared))}"] if shared else []
    notes += ["b1: baseline 1"] if any(point.baseline is not None for point in points) else []
    notes.append(device_note((_COST,), device_kind))
    notes.append("spent: by this trial, with start and evaluation")
    if any(point.reused for point in points):
        notes.append(f"{_SHARED}: a stage was there already, paid by another trial")
    if any(point.cost.is_disturbed for point in points):
        notes.append(f"{_DISTURBED}: measured beside other programs, its seconds may be too many")
    return "\n".join(filter(None, ["; ".join(notes), totals]))


def _cost_columns(objectives: Sequence[str]) -> tuple[str, ...]:
    """What the configuration costs, unless it is an objective, and what the trial paid."""
    return (_SPENT,) if _COST in objectives else (_COST, _SPENT)


def _costs(record: TrialRecord, objectives: Sequence[str]) -> list[Text]:
    spent = f"{_SHARED if record.reused else ''}{number(record.spent.gpu_seconds)}"
    if _COST in objectives:
        return [Text(spent)]
    return [Text(number(record.cost.gpu_seconds) if record.values else ""), Text(spent)]


def _name(record: TrialRecord) -> str:
    mark = _DISTURBED if record.cost.is_disturbed else ""
    baseline = "" if record.baseline is None else f" b{record.baseline}"
    return f"{record.number}{mark}{baseline}"


def _status(record: TrialRecord, *, in_front: bool) -> Text:
    if record.status is None:
        return Text("running", style="cyan")
    if in_front:
        return Text("front", style="bold green")
    if record.values is not None and not record.feasible:
        return Text("outside")
    return Text(record.status.value.replace("_", " "))


def _best(points: Sequence[TrialRecord], objectives: Objectives) -> dict[str, float]:
    if not points:
        return {}
    rows = [[(point.values or {})[name] for name in objectives.names] for point in points]
    least = objectives.to_minimise(rows).min(axis=0)
    return dict(zip(objectives.names, objectives.from_minimised(least), strict=True))


def _csv(records: Sequence[TrialRecord]) -> str:
    return _written(*flat_rows(records))


def _written(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()
