"""What the page's scripts draw and choose from, as plain data.

Trials are columns, not rows, and text is kept once: five thousand of them are some 300 KiB. A
number that is none (an infinite loss) is null, for JSON has no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paretune.front.measured_front import MeasuredFront
from paretune.pareto.objectives import Objectives
from paretune.predict.prediction_score import PredictionRow
from paretune.report import RecordedStudy
from paretune.report.hypervolume_curve import hypervolume_curve
from paretune.report.labels import axis_label
from paretune.report.panels import Axis, Panel, groups_of, panels_of
from paretune.trial.record import TrialRecord

MOST_DRAWN = 5000  # of the trials that are not on the front: more would only cover each other
FRONT, DOMINATED, OUTSIDE = range(3)


def page_data(
    study: RecordedStudy,
    measured: MeasuredFront,
    predictions: Sequence[PredictionRow],
    command: Sequence[str],
) -> dict[str, Any]:
    """All of it; `command` is the start of a command that exports from this study."""
    objectives, groups = study.spec.objectives, groups_of(study)
    others = drawn([*groups.dominated, *groups.outside])
    kinds = {record.number: FRONT for record in groups.front}
    kinds |= {record.number: DOMINATED for record in groups.dominated}
    # A baseline may be anything: the front, dominated, outside.
    trials = {record.number: record for record in (*groups.front, *others, *groups.baselines)}
    shown = [trials[number] for number in sorted(trials)]
    return {
        "study": study.spec.name,
        "objectives": [_objective(name, objectives, study) for name in objectives.names],
        "number": [record.number for record in shown],
        "kind": [kinds.get(record.number, OUTSIDE) for record in shown],
        "baseline": [record.baseline for record in shown],
        "values": [_values(shown, kinds, name) for name in objectives.names],
        "leaders": leaders(study, measured),
        "intervals": {r.number: _intervals(r, measured) for r in groups.front},
        "spent": [_rounded(record.spent.gpu_seconds) for record in shown],
        "params": [_column(shown, name) for name in _parameters(shown)],
        "panels": [_panel(panel) for panel in panels_of(study)] if shown else [],
        "predictions": _predictions(predictions, study.device_kind),
        "hypervolume": [[_rounded(x), _rounded(y)] for x, y in hypervolume_curve(study)],
        "command": list(command),
    }


def drawn(others: Sequence[TrialRecord]) -> Sequence[TrialRecord]:
    """All trials, or where there are too many an even choice of them."""
    if len(others) <= MOST_DRAWN:
        return others
    ordered = sorted(others, key=lambda record: record.number)
    return [ordered[i * len(ordered) // MOST_DRAWN] for i in range(MOST_DRAWN)]


def _objective(name: str, objectives: Objectives, study: RecordedStudy) -> dict[str, Any]:
    return {
        "name": name,
        "label": axis_label(name, study.device_kind),
        "more": objectives.by_name[name] == "maximize",
    }


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "x": _axis(panel.x),
        "y": _axis(panel.y),
        "stairs": panel.stairs,
        "after": panel.stairs_rise_after,
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "figure": axis.figure,
        "label": axis.label,
        "log": axis.log,
        "limits": axis.limits,
        "bound": axis.bound,
        "ticks": list(axis.ticks) if axis.log else None,
    }


def leaders(study: RecordedStudy, measured: MeasuredFront) -> dict[int, int]:
    """By member of the front that cannot be told from a surer one: the trial of that one.

    With repeats, means may be led by a trial that is no member: who follows it stands for itself.
    """
    members = {record.number for record in study.front}
    alike = {r.number: point.number for point in measured.points for r in point.alike}
    return {number: by for number, by in alike.items() if {number, by} <= members}


def _intervals(record: TrialRecord, measured: MeasuredFront) -> list[Any]:
    """By objective: where the true value lies with 95 %; null where nothing tells it."""
    intervals = [figure.interval for figure in measured.figures(record).values()]
    return [None if ends is None else [_rounded(end) for end in ends] for ends in intervals]


def _predictions(rows: Iterable[PredictionRow], device_kind: str) -> list[dict[str, Any]]:
    by_figure: dict[str, list[PredictionRow]] = {}
    for row in rows:
        if row.is_scored:
            by_figure.setdefault(row.figure, []).append(row)
    return [
        {
            "label": axis_label(figure.removeprefix("spent_"), device_kind)
            + (" that the trial paid" if figure.startswith("spent_") else ""),
            "points": [
                [row.number, *map(_rounded, (row.measured, e.median, e.low, e.high))]
                for row in some[-MOST_DRAWN // 4 :]
                for e in [row.expected]
            ],
        }
        for figure, some in by_figure.items()
    ]


def _parameters(records: Iterable[TrialRecord]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.params))


def _column(records: Sequence[TrialRecord], name: str) -> dict[str, Any]:
    """Each value once, and for every trial which one it has; -1 for none."""
    known: dict[Any, int] = {}
    which = []
    for record in records:
        if name not in record.params:
            which.append(-1)
            continue
        value = record.params[name]
        key = (type(value), value)  # True is 1 in Python
        which.append(known.setdefault(key, len(known)))
    return {"name": name, "known": [_plain(value) for _, value in known], "which": which}


def _values(records: Sequence[TrialRecord], kinds: Mapping[int, int], name: str) -> list[Any]:
    # A bound that is read off the front has to include it: its figures stay exact.
    return [
        value if kinds.get(record.number) == FRONT else _rounded(value)
        for record in records
        for value in [(record.values or {}).get(name, math.nan)]
    ]


def _plain(value: Any) -> Any:
    return _rounded(value) if isinstance(value, float) else value


def _rounded(value: float) -> float | None:
    """To seven digits, more than any of our meters has; None where it is no number."""
    return float(f"{value:.7g}") if math.isfinite(value) else None
