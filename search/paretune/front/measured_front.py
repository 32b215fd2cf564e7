"""The front of a study with its noise: every figure's uncertainty, points, membership.

Notation: k configurations, m objectives, c >= m columns (figures that only a constraint names come
after the objectives). Losses are on each figure's scale: logarithms where values are compared by
their ratios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

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
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.dominance import nondominated
from paretune.pareto.objectives import Objectives
from paretune.trial.record import TrialRecord

SURE_SHARE = 0.05  # of the points that are called sure, so many are expected to be false
_LEAST = 1e-300  # a logarithm needs a number above 0


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
            column = self.values[:, self._names.index(condition.name)]
            kept &= np.array([condition.met(float(value)) for value in column], dtype=bool)
        return np.asarray(kept)

    @cached_property
    def drawn(self) -> Bools:  # (draws, k)
        """Membership of the true front, draw by draw (front.membership)."""
        m, bounds = len(self.objectives.names), self._bounds
        near = np.flatnonzero(possible_members(self.losses, self.errors, m, bounds))
        families = Families.find([self.configurations[int(i)] for i in near])
        shared = np.array([noise.figure in SHARED for noise in self.noises])
        drawn = np.zeros((DRAWS, len(self.configurations)), dtype=bool)
        drawn[:, near] = drawn_fronts(
            self.losses[near],
            self.errors[near],
            m,
            bounds,
            families=families.of,
            shares=families.shares[:, None] * shared,
            draws=DRAWS,
        )
        return drawn

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
        groups = sorted(self._groups, key=lambda found: self.members.index(found[0]))
        shares = np.array([self.drawn[:, found].any(axis=1).mean() for found in groups])
        sure = sure_members(shares, SURE_SHARE)
        return tuple(
            FrontPoint(
                record=self.configurations[leader].record,
                figures=self._figures(leader),
                membership=float(share),
                sure=bool(is_sure),
                alike=tuple(self.configurations[i].record for i in others),
            )
            for (leader, *others), share, is_sure in zip(groups, shares, sure, strict=True)
        )

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
        equal = self._equal(i, np.array([j]))[0]
        return {n: not bool(e) for n, e in zip(self.objectives.names, equal, strict=True)}

    def _figures(self, position: int) -> dict[str, Measured]:
        configuration, noises = self.configurations[position], self.noises
        names = self.objectives.names
        return {n: noise.measured(configuration) for n, noise in zip(names, noises, strict=False)}

    @cached_property
    def _groups(self) -> list[list[int]]:
        shares = self.drawn.mean(axis=0)
        order = sorted(self.members, key=lambda i: -shares[i])  # stable: ties as in the front
        within = set(self.members)
        near = np.flatnonzero(self.feasible & (shares > 0))
        return group(order, [int(i) for i in near if i not in within], self._equal)

    def _equal(self, one: int, others: np.ndarray) -> Bools:
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

    @cached_property
    def _names(self) -> list[str]:
        return [noise.figure for noise in self.noises]

    @cached_property
    def _bounds(self) -> list[Bound]:
        signs = _signs(self._names, self.objectives)
        bounds = []
        for condition in self.objectives.constraints:
            j = self._names.index(condition.name)
            factor = signs[j] * (-1.0 if condition.wants_more else 1.0)
            bound = np.array([[condition.bound]])
            most = factor * float(_to_losses(bound, [self.noises[j]], signs[j : j + 1])[0, 0])
            bounds.append(Bound(j, factor, most))
        return bounds


def measure_front(
    records: Sequence[TrialRecord],
    objectives: Objectives,
    tolerances: Mapping[str, Tolerance] | None = None,
) -> MeasuredFront:
    """The front of a study's trials. `tolerances` stand in for the objectives' own, by name."""
    found = measured_configurations(records)
    usual = usual_disturbance(found)
    constrained = [condition.name for condition in objectives.constraints]
    names = list(dict.fromkeys((*objectives.names, *constrained)))
    noises = [FigureNoise.fit(name, found, usual) for name in names]
    values = np.array([[noise.value(c) for noise in noises] for c in found], dtype=float)
    values = values.reshape(-1, len(names))
    losses = _to_losses(values, noises, _signs(names, objectives))
    errors = np.array(
        [
            [noise.error(c, float(v)) or 0.0 for noise, v in zip(noises, row, strict=True)]
            for c, row in zip(found, values, strict=True)
        ]
    ).reshape(-1, len(names))
    return MeasuredFront(
        objectives=objectives,
        tolerances={**objectives.tolerances, **(tolerances or {})},
        configurations=found,
        noises=noises,
        values=values,
        losses=losses,
        errors=errors,
    )


def _signs(names: Sequence[str], objectives: Objectives) -> Floats:  # (c,)
    """What turns each figure so that less is better; a mere constraint's is not turned."""
    own = dict(zip(objectives.names, objectives.signs, strict=True))
    return np.array([own.get(name, 1.0) for name in names])


def _to_losses(values: Floats, noises: Sequence[FigureNoise], signs: Floats) -> Floats:  # (k, c)
    log = np.array([noise.log for noise in noises], dtype=bool)
    with np.errstate(invalid="ignore"):
        scaled = np.where(log, np.log(np.maximum(values, _LEAST)), values)
    return np.asarray(scaled * signs)
