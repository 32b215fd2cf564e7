"""What a picture of a front shows, worked out apart from how it is drawn.

With m objectives there are m - 1 panels: the first objective upwards, each other one to the right.
The staircase of a panel joins the trials that nobody beats in its two objectives; other members of
the front owe their place to an objective of another panel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from paretune.pareto.dominance import nondominated
from paretune.pareto.objectives import Direction, Objectives
from paretune.report import RecordedStudy
from paretune.report.labels import axis_label, device_note
from paretune.report.totals import Totals
from paretune.report.wording import counted
from paretune.trial.record import TrialRecord

TRIAL = "trial"  # the x axis of a study with one objective
_LOG_FROM = 10.0  # a span from which a cost is drawn on a log scale


@dataclass(frozen=True)
class Axis:
    """One direction of a panel."""

    figure: str
    label: str
    log: bool
    limits: tuple[float, float]
    bound: float | None  # of a constraint on this figure

    @property
    def ticks(self) -> tuple[float, ...]:
        """Of a log axis: 1, 2 and 5 of every decade, or 1 alone where there are many decades."""
        low, high = self.limits
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
        marks = (1, 2, 5) if len(decades) <= 3 else (1,)
        every = [float(f"{mark}e{decade}") for decade in decades for mark in marks]
        return tuple(tick for tick in every if low <= tick <= high)


@dataclass(frozen=True)
class Panel:
    """Two objectives against each other."""

    x: Axis
    y: Axis
    stairs: tuple[tuple[float, float], ...]  # by x
    stairs_rise_after: bool  # does a step hold to the right of its point (x is a cost)?

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Of the staircase as it is drawn: its points, and where it turns between them."""
        found = list(self.stairs[:1])
        for (x, y), (next_x, next_y) in pairwise(self.stairs):
            found += [(next_x, y) if self.stairs_rise_after else (x, next_y), (next_x, next_y)]
        return found

    def shows(self, entry: TrialRecord) -> bool:
        """Does the trial lie within the panel's limits?"""
        return all(
            axis.limits[0] <= coordinate(entry, axis.figure) <= axis.limits[1]
            for axis in (self.x, self.y)
        )

    def on_stairs(self, entry: TrialRecord) -> bool:
        """Is a member of the front one that nobody beats in the panel's two objectives?"""
        if self.x.figure == TRIAL:
            return True
        return (coordinate(entry, self.x.figure), coordinate(entry, self.y.figure)) in self.stairs


@dataclass(frozen=True)
class Groups:
    """The trials that have values, each in one group; baselines besides."""

    front: tuple[TrialRecord, ...]
    dominated: tuple[TrialRecord, ...]
    outside: tuple[TrialRecord, ...]  # break a constraint
    baselines: tuple[TrialRecord, ...]


def groups_of(study: RecordedStudy) -> Groups:
    """Sort a study's trials for drawing."""
    members = {entry.number for entry in study.front}
    with_values = [entry for entry in study.records if entry.values is not None]
    rest = [entry for entry in with_values if entry.number not in members]
    return Groups(
        front=tuple(study.front),
        dominated=tuple(entry for entry in rest if entry.feasible),
        outside=tuple(entry for entry in rest if not entry.feasible),
        baselines=tuple(entry for entry in with_values if entry.baseline is not None),
    )


def told_apart(study: RecordedStudy) -> Groups:
    """The same, configurations of the front that cannot be told apart drawn once."""
    return replace(groups_of(study), front=tuple(point.record for point in study.measured.points))


def panels_of(study: RecordedStudy) -> tuple[Panel, ...]:
    """The panels of a study's picture, in the objectives' order."""
    objectives = study.spec.objectives
    groups = groups_of(study)
    # The picture is of the feasible trials: a hopeless one would squeeze the front into a corner.
    shown = [*groups.front, *groups.dominated, *groups.baselines] or list(groups.outside)
    first, *others = objectives.names
    y = _axis(first, objectives, shown, study.device_kind)
    return tuple(
        _panel(_axis(other, objectives, shown, study.device_kind), y, objectives, groups.front)
        for other in others or [TRIAL]
    )


def headline(study: RecordedStudy) -> tuple[str, ...]:
    """What the picture is of, what it took, and what a reader must know to read it: a line each."""
    groups, panels = groups_of(study), panels_of(study)
    names = list(study.spec.objectives.names)
    notes = [device_note(names, study.device_kind)]
    beyond = sum(not any(panel.shows(entry) for panel in panels) for entry in groups.outside)
    if beyond:
        notes.append(f"{counted(beyond, 'trial')} beyond the axes, outside the constraints")
    title = f"{study.spec.name}: {len(groups.front)} of {len(study.records)} trials in the front"
    return title, Totals.of(study.records).lines(study.device_kind)[0], "; ".join(notes)


def coordinate(entry: TrialRecord, figure: str) -> float:
    """Where a trial lies along an axis."""
    return float(entry.number) if figure == TRIAL else (entry.values or {})[figure]


def _panel(x: Axis, y: Axis, objectives: Objectives, front: Sequence[TrialRecord]) -> Panel:
    stairs: list[tuple[float, float]] = []
    if x.figure != TRIAL:
        names = (x.figure, y.figure)
        pair = Objectives(names, tuple(_direction(name, objectives) for name in names))
        points = [(coordinate(entry, x.figure), coordinate(entry, y.figure)) for entry in front]
        kept = nondominated(pair.to_minimise(points))
        stairs = sorted({point for point, inside in zip(points, kept, strict=True) if inside})
    cost = x.figure != TRIAL and _direction(x.figure, objectives) == "minimize"
    return Panel(x, y, tuple(stairs), stairs_rise_after=cost)


def _direction(figure: str, objectives: Objectives) -> Direction:
    return objectives.directions[objectives.names.index(figure)]


def _axis(
    figure: str, objectives: Objectives, shown: Sequence[TrialRecord], device_kind: str
) -> Axis:
    values = np.array([coordinate(entry, figure) for entry in shown])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    cost = figure != TRIAL and (objectives.directions[objectives.names.index(figure)] == "minimize")
    log = cost and low > 0 and high / low > _LOG_FROM
    bounds = [c.bound for c in objectives.constraints if c.name == figure]
    label = figure if figure == TRIAL else axis_label(figure, device_kind)
    return Axis(figure, label, log, _padded(low, high, log=log), bounds[0] if bounds else None)


def _padded(low: float, high: float, *, log: bool) -> tuple[float, float]:
    if log:
        margin = math.exp(0.07 * math.log(high / low))
        return low / margin, high * margin
    margin = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin
