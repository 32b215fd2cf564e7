"""The front of a study with its noise: every figure's uncertainty, points, membership.

Notation: k configurations, m objectives, c >= m columns (figures that only a constraint names come
after the objectives). Losses are on each figure's scale: logarithms where values are compared by
their ratios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from paretune.front.alike import alike, group
from paretune.front.families import Families
from paretune.front.measured import Measured
from paretune.front.measured_configurations import MeasuredConfiguration, measured_configurations
from paretune.front.membership import (
    DRAWS,
    Bools,
    Bound,
    Floats,
    drawn_fronts,
    possible_members,
    sure_members,
)
from paretune.front.noise import SHARED, FigureNoise, usual_disturbance
from paretune.inputs.conditions import Condition
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.dominance import nondominated
from paretune.pareto.objectives import Objectives
from paretune.pareto.selection import front_of
from paretune.trial.record import TrialRecord

SURE_SHARE = 0.05  # of the points that are called sure, so many are expected to be false
Rows = NDArray[np.intp]
_LEAST = 1e-300  # a logarithm needs a number above 0


class Correlation(TypedDict):
    """Keyword arguments of `drawn_fronts`."""

    families: Rows
    shares: Floats


@dataclass(frozen=True)
class FrontPoint:
    """A configuration of the front, and all that cannot be told from it.

    Attributes:
        record: The trial that stands for the point.
        figures: By objective: the mean of the configuration's measurements, its standard error and
            what that rests on.
        membership: How likely it is that the configuration, or one that is alike, is truly
            non-dominated and keeps the constraints, 0 to 1.
        sure: Is it among those of which at most SURE_SHARE are expected to be false?
        alike: Trials of other configurations that differ from it by no more than the noise, those
            of the front first.
    """

    record: TrialRecord
    figures: Mapping[str, Measured]
    membership: float
    sure: bool
    alike: tuple[TrialRecord, ...] = ()

    @property
    def number(self) -> int:
        """Of the trial that stands for the point."""
        return self.record.number

    @property
    def values(self) -> dict[str, float]:
        """By objective."""
        return {name: figure.value for name, figure in self.figures.items()}

    def to_json(self) -> dict[str, Any]:
        """For the JSON contract."""
        return {
            "trial": self.number,
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
            "membership": self.membership,
            "sure": self.sure,
            "alike": [record.number for record in self.alike],
        }


@dataclass(frozen=True)
class MeasuredFront:
    """Made by `measure_front`; (k, c) arrays behind what is said of single trials."""

    objectives: Objectives
    tolerances: Mapping[str, Tolerance]
    configurations: Sequence[MeasuredConfiguration]
    noises: Sequence[FigureNoise] = field(repr=False)  # (c,)
    values: Floats = field(repr=False)  # (k, c) means, in the figures' own units
    losses: Floats = field(repr=False)  # (k, c)
    errors: Floats = field(repr=False)  # (k, c) standard errors of the losses; 0 where not known

    @cached_property
    def members(self) -> list[int]:
        """Positions of the configurations that nobody dominates, as measured; best in the first
        objective first.
        """
        m = len(self.objectives.names)
        able = np.flatnonzero(self.feasible)
        inside = able[nondominated(self.losses[able, :m])] if len(able) else able
        return sorted(
            map(int, inside),
            key=lambda i: (*self.losses[i, :m], self.configurations[i].record.number),
        )

    @cached_property
    def feasible(self) -> Bools:  # (k,)
        """Which configurations keep every constraint, as measured."""
        kept = np.isfinite(self.losses).all(axis=1)
        for condition in self.objectives.constraints:
            column = self.values[:, self.columns.index(condition.name)]
            kept &= np.array([condition.met(float(value)) for value in column], dtype=bool)
        return np.asarray(kept)

    @cached_property
    def drawn(self) -> Bools:  # (draws, k)
        """Membership of the true front, draw by draw (front.membership)."""
        drawn = np.zeros((DRAWS, len(self.configurations)), dtype=bool)
        near = self.near
        drawn[:, near] = drawn_fronts(
            self.losses[near],
            self.errors[near],
            len(self.objectives.names),
            self.bounds(self.objectives.constraints),
            **self.correlation(near),
            draws=DRAWS,
        )
        return drawn

    @cached_property
    def near(self) -> Rows:
        """Positions of the configurations that may be members of the true front."""
        bounds = self.bounds(self.objectives.constraints)
        m = len(self.objectives.names)
        return np.flatnonzero(possible_members(self.losses, self.errors, m, bounds))

    def correlation(self, rows: Rows) -> Correlation:
        """Which of these configurations share a measurement, as `drawn_fronts` takes it."""
        families = Families.find([self.configurations[int(i)] for i in rows])
        shared = np.array([noise.figure in SHARED for noise in self.noises])
        return {"families": families.of, "shares": families.shares[:, None] * shared}

    def with_noises(self, noises: Sequence[FigureNoise]) -> MeasuredFront:
        """The same with other noise of its columns' figures."""
        errors = _errors(self.configurations, noises, self.values)
        return replace(self, noises=noises, errors=errors)

    @cached_property
    def memberships(self) -> dict[int, float]:
        """By trial that has values: how likely its configuration is truly non-dominated."""
        shares = self.drawn.mean(axis=0)
        return {
            trial.number: float(share)
            for configuration, share in zip(self.configurations, shares, strict=True)
            for trial in configuration.trials
        }

    @cached_property
    def points(self) -> tuple[FrontPoint, ...]:
        """The front, configurations that cannot be told apart as one; best in the first first."""
        groups = self.groups
        shares = np.array([self.drawn[:, found].any(axis=1).mean() for found in groups])
        sure = sure_members(shares, SURE_SHARE)
        return tuple(
            self._point(found, membership=float(share), sure=bool(is_sure))
            for found, share, is_sure in zip(groups, shares, sure, strict=True)
        )

    @property
    def single_points(self) -> tuple[FrontPoint, ...]:
        """Every member of the front as a point of its own, sure where its point is."""
        sure = {p.number: p.sure for p in self.points}
        shares = self.drawn.mean(axis=0)
        return tuple(
            self._point(
                [i],
                membership=float(shares[i]),
                sure=sure.get(self.configurations[i].record.number, False),
            )
            for i in self.members
        )

    def relative_error(self, figure: str) -> Floats:  # (k,)
        """Standard errors of a figure of which ratios are compared, as shares of it."""
        noise = next((n for n in self.noises if n.figure == figure), None)
        noise = noise or FigureNoise.fit(figure, self.configurations)
        found = self.configurations
        return np.array([noise.error(c, noise.value(c)) or 0.0 for c in found], dtype=float)

    def point_of(self, record: TrialRecord) -> FrontPoint:
        """The point that stands for a trial with values, or one of it alone."""
        for point in self.points:
            if record.number in (t.number for t in self._configuration(point.record).trials):
                return point
        position = self._position[record.number]
        share = float(self.drawn[:, position].mean())
        return self._point([position], membership=share, sure=False)

    @cached_property
    def records(self) -> tuple[TrialRecord, ...]:
        """The trials of the front, each configuration once; best in the first objective first."""
        return tuple(self.configurations[i].record for i in self.members)

    def figures(self, record: TrialRecord) -> dict[str, Measured]:
        """A trial's objectives with their uncertainty; {} of one that has no values."""
        position = self._position.get(record.number)
        return {} if position is None else self._figures(position)

    def differ(self, one: TrialRecord, other: TrialRecord) -> dict[str, bool]:
        """By objective: do the two trials' configurations differ by more than the noise?"""
        i, j = self._position[one.number], self._position[other.number]
        equal = self.equal(i, np.array([j]))[0]
        return {n: not bool(e) for n, e in zip(self.objectives.names, equal, strict=True)}

    def _figures(self, position: int) -> dict[str, Measured]:
        configuration, noises = self.configurations[position], self.noises
        names = self.objectives.names
        return {n: noise.measured(configuration) for n, noise in zip(names, noises, strict=False)}

    def position(self, record: TrialRecord) -> int:
        """Of a trial's configuration in the arrays."""
        return self._position[record.number]

    def restricted(self, positions: Sequence[int]) -> MeasuredFront:
        """Of these configurations alone, measured as in the whole study."""
        rows = np.array(positions, dtype=np.intp)
        return replace(
            self,
            configurations=[self.configurations[i] for i in positions],
            values=self.values[rows],
            losses=self.losses[rows],
            errors=self.errors[rows],
        )

    def plain(self, losses: Floats) -> Floats:  # (n, m) -> (n, m)
        """Losses in the objectives' own units: no logarithms, only signs."""
        m = len(self.objectives.names)
        log = np.array([noise.log for noise in self.noises[:m]], dtype=bool)
        signs = self.objectives.signs
        return np.asarray(np.where(log, signs * np.exp(np.where(log, signs * losses, 0)), losses))

    def bounds(self, conditions: Sequence[Condition]) -> list[Bound]:
        """Conditions on figures that have a column, as they are kept in truth."""
        signs = _signs(self.columns, self.objectives)
        found = []
        for condition in conditions:
            j = self.columns.index(condition.name)
            factor = signs[j] * (-1.0 if condition.wants_more else 1.0)
            value = np.array([[condition.bound]])
            most = factor * float(_to_losses(value, [self.noises[j]], signs[j : j + 1])[0, 0])
            found.append(Bound(j, factor, most))
        return found

    @property
    def columns(self) -> list[str]:
        """The figures of the arrays' columns: the objectives, then what is only constrained."""
        return [noise.figure for noise in self.noises]

    @cached_property
    def groups(self) -> list[list[int]]:
        """The points as positions, each led by the one that stands for it; in the front's order."""
        return sorted(self._groups, key=lambda found: self.members.index(found[0]))

    def _point(self, positions: Sequence[int], *, membership: float, sure: bool) -> FrontPoint:
        leader, *others = positions
        return FrontPoint(
            record=self.configurations[leader].record,
            figures=self._figures(leader),
            membership=membership,
            sure=sure,
            alike=tuple(self.configurations[i].record for i in others),
        )

    def _configuration(self, record: TrialRecord) -> MeasuredConfiguration:
        return self.configurations[self._position[record.number]]

    @property
    def _groups(self) -> list[list[int]]:
        shares = self.drawn.mean(axis=0)
        order = sorted(self.members, key=lambda i: -shares[i])  # stable: ties as in the front
        within = set(self.members)
        near = np.flatnonzero(self.feasible & (shares > 0))
        return group(order, [int(i) for i in near if i not in within], self.equal)

    def equal(self, one: int, others: np.ndarray) -> Bools:  # (n, m)
        """In which objectives others differ from one by no more than noise or tolerance."""
        m = len(self.objectives.names)
        equal = alike(one, others, self.losses[:, :m], self.errors[:, :m])
        for j, name in enumerate(self.objectives.names):
            tolerance = self.tolerances.get(name)
            if tolerance is not None:
                equal[:, j] = tolerance.covers(self.values[one, j], self.values[others, j])
        return equal

    @cached_property
    def _position(self) -> dict[int, int]:
        return {t.number: i for i, c in enumerate(self.configurations) for t in c.trials}


def measure_front(
    records: Sequence[TrialRecord],
    objectives: Objectives,
    tolerances: Mapping[str, Tolerance] | None = None,
) -> MeasuredFront:
    """The front of a study's trials. `tolerances` stand in for the objectives' own, by name."""
    return front_of_configurations(measured_configurations(records), objectives, tolerances)


def members_of(records: Sequence[TrialRecord], objectives: Objectives) -> list[TrialRecord]:
    """The front of a study's trials, best in the first objective first.

    Where some ran again each configuration is there once, with the means of its measurements.
    """
    if any(record.replicate_of is not None for record in records):
        return list(measure_front(records, objectives).records)
    return front_of(records, objectives)


def front_of_configurations(
    found: Sequence[MeasuredConfiguration],
    objectives: Objectives,
    tolerances: Mapping[str, Tolerance] | None = None,
) -> MeasuredFront:
    """The same of configurations whose trials have been put together."""
    usual = usual_disturbance(found)
    constrained = [condition.name for condition in objectives.constraints]
    names = list(dict.fromkeys((*objectives.names, *constrained)))
    noises = [FigureNoise.fit(name, found, usual) for name in names]
    values = np.array([[noise.value(c) for noise in noises] for c in found], dtype=float)
    values = values.reshape(-1, len(names))
    losses = _to_losses(values, noises, _signs(names, objectives))
    errors = _errors(found, noises, values)
    return MeasuredFront(
        objectives=objectives,
        tolerances={**objectives.tolerances, **(tolerances or {})},
        configurations=found,
        noises=noises,
        values=values,
        losses=losses,
        errors=errors,
    )


def _errors(
    configurations: Sequence[MeasuredConfiguration],
    noises: Sequence[FigureNoise],
    values: Floats,  # (k, c)
) -> Floats:  # (k, c)
    rows = [
        [noise.error(one, float(value)) or 0.0 for noise, value in zip(noises, row, strict=True)]
        for one, row in zip(configurations, values, strict=True)
    ]
    return np.array(rows).reshape(-1, len(noises))


def _signs(names: Sequence[str], objectives: Objectives) -> Floats:  # (c,)
    """What turns each figure so that less is better; a mere constraint's is not turned."""
    own = dict(zip(objectives.names, objectives.signs, strict=True))
    return np.array([own.get(name, 1.0) for name in names])


def _to_losses(values: Floats, noises: Sequence[FigureNoise], signs: Floats) -> Floats:  # (k, c)
    log = np.array([noise.log for noise in noises], dtype=bool)
    with np.errstate(invalid="ignore"):
        scaled = np.where(log, np.log(np.maximum(values, _LEAST)), values)
    return np.asarray(scaled * signs)
