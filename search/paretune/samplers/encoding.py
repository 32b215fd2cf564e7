"""A search space as numbers: parameters <-> unit cube <-> features of the model.

Notation: p parameters, f >= p features, n points.

    unit      (n, p) in [0, 1]: position within the (log) range; a choice c of k at (c + 1/2) / k
    feature   (n, f): what the model sees. Integers and steps snapped to what would really run, a
              choice of more than two one-hot (distance 1 between any two), an inactive
              parameter in the middle, where it makes no difference between two trials without it

A parameter that some trials lack is conditional. Optuna does not say on what, so that is read off
the trials: on the first parameter whose values tell the trials that have it from those that lack
it. A value never tried counts as "has it".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Floats = NDArray[np.float64]
Params = Mapping[str, Any]

# Counts that span more than this ratio act by their ratio (1 against 2 epochs is not 51 against
# 52), whether or not the space was declared logarithmic.
LOG_RATIO = 20.0


@dataclass(frozen=True)
class EncodedCondition:
    """`child` is active where `parent`'s unit value is nearest to one of `on`, not of `off`."""

    child: int
    parent: int
    categorical: bool
    on: tuple[float, ...]
    off: tuple[float, ...]

    def holds(self, unit: Floats, active: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For which rows the child is active; `unit` and `active` are the parent's columns."""
        to_on = np.abs(unit[:, None] - np.array(self.on)).min(1)
        to_off = np.abs(unit[:, None] - np.array(self.off)).min(1)
        off = to_off < 1e-9 if self.categorical else to_off < to_on
        return np.asarray(active & ~off)


class EncodedSpace:
    """The encoding of one search space.

    `distributions` in the order in which they are suggested; `seen` are the parameters of earlier
    trials, from which the conditions are learnt. `before` is an earlier encoding, which remembers
    the values that it has encoded: used again where the distributions are the same.
    """

    def __init__(
        self,
        distributions: Mapping[str, BaseDistribution],
        seen: Iterable[Params] = (),
        before: EncodedSpace | None = None,
    ) -> None:
        self.distributions = dict(distributions)
        self.names = list(self.distributions)
        self.signature = (tuple(self.names), tuple(self.distributions.values()))
        if before is not None and before.signature == self.signature:
            self._axes: list[_Axis] = before._axes
        else:
            self._axes = [_Axis(d) for d in self.distributions.values()]
        sizes = [axis.width for axis in self._axes]
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.width = int(self._starts[-1])
        # unit column of each feature that is a plain number; -1 for one of a one-hot group
        self.numeric = np.full(self.width, -1)
        for column, axis in enumerate(self._axes):
            if axis.movable:
                self.numeric[self._starts[column]] = column
        self.conditions = _conditions(self.names, self._axes, list(seen))

    def encode(self, params: Params) -> Floats:
        """(p,) unit row. A parameter that is missing, or whose value is of another kind or no
        choice of this space, is in the middle; one out of range at the border.
        """
        return np.array(
            [
                axis.place(params[name]) if name in params else 0.5
                for name, axis in zip(self.names, self._axes, strict=True)
            ]
        )

    def decode(self, unit: Floats) -> dict[str, Any]:
        """The parameters at a (p,) unit row; also the inactive ones, which nobody will ask for."""
        return {
            name: axis.decode(float(u))
            for name, axis, u in zip(self.names, self._axes, unit, strict=True)
        }

    def active(self, unit: Floats) -> NDArray[np.bool_]:
        """(n, p): is the parameter part of the configuration?"""
        active = np.ones(unit.shape, dtype=bool)
        for condition in self.conditions:
            parent = condition.parent
            active[:, condition.child] = condition.holds(unit[:, parent], active[:, parent])
        return active

    def snap(self, unit: Floats) -> Floats:
        """(n, p): every row moved to what would really run."""
        return np.column_stack([axis.snap(unit[:, i]) for i, axis in enumerate(self._axes)])

    def features(self, unit: Floats, active: NDArray[np.bool_] | None = None) -> Floats:
        """(n, f) of snapped (n, p) unit rows."""
        active = self.active(unit) if active is None else active
        columns = [axis.features(unit[:, i], active[:, i]) for i, axis in enumerate(self._axes)]
        return np.column_stack(columns)

    def movable(self, active: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(n, f): features along which a point can be moved continuously."""
        return np.where(self.numeric >= 0, active[:, np.maximum(self.numeric, 0)], False)

    def with_features(self, unit: Floats, features: Floats, active: NDArray[np.bool_]) -> Floats:
        """(n, p): `unit` with its movable parameters where the features (n, f) say."""
        moved = unit.copy()
        for feature in np.flatnonzero(self.numeric >= 0):
            column = self.numeric[feature]
            moved[:, column] = np.where(active[:, column], features[:, feature], unit[:, column])
        return moved

    def random(self, rng: np.random.Generator, n: int) -> Floats:
        """(n, p) uniform, snapped."""
        return self.snap(rng.random((n, len(self.names))))

    def centre(self) -> Floats:
        """(p,): the middle of every (log) range, the first of every set of choices."""
        return np.array([axis.centre for axis in self._axes])

    def mutate(self, rng: np.random.Generator, parents: Floats, widest: float) -> Floats:
        """(n, p): each parent moved in a random subset of its coordinates, by 0.01 to `widest`."""
        n, p = parents.shape
        scale = 10 ** rng.uniform(-2, np.log10(widest), (n, 1))
        share = np.maximum(rng.random((n, 1)), 1 / p)
        # Almost all parameters may be inactive: moving only those would make copies.
        move = (rng.random((n, p)) < share) | (rng.integers(p, size=(n, 1)) == np.arange(p))
        moved = parents + scale * rng.standard_normal((n, p))
        moved = np.abs(moved)  # reflected, lest the borders collect the points
        moved = np.clip(1 - np.abs(1 - moved), 0, 1)
        choices = np.array([axis.choices > 0 for axis in self._axes])
        redrawn = rng.random((n, p))
        rarely = rng.random((n, p)) < 0.5  # another choice is a far jump
        moved = np.where(choices, np.where(rarely, redrawn, parents), moved)
        return self.snap(np.where(move, moved, parents))


class _Axis:
    """One parameter."""

    def __init__(self, distribution: BaseDistribution) -> None:
        self.distribution = distribution
        self._places: dict[Any, float] = {}  # of values that were asked for
        self.choices = 0
        if isinstance(distribution, CategoricalDistribution):
            self.choices = len(distribution.choices)
            self.width = self.choices if self.choices > 2 else 1
            self.movable = False
            self.centre = 0.5 / self.choices
            return
        if not isinstance(distribution, FloatDistribution | IntDistribution):
            raise TypeError(f"unknown distribution {distribution!r}")
        self.width = 1
        self.step = distribution.step
        self.bounds = (distribution.low, distribution.high)
        low, high = self.ends = (float(distribution.low), float(distribution.high))
        integer = isinstance(distribution, IntDistribution)
        # Half a step beyond both ends, so that the border values are as likely as the others.
        pad = 0.0 if self.step is None else 0.4999 * self.step
        ratio = integer and low >= 1 and low > pad and high / low > LOG_RATIO
        self.log = distribution.log or ratio
        ends = np.array([low - pad, high + pad])
        self.low, self.high = np.log(ends) if self.log else ends
        self.movable = high > low
        self.centre = float(self.snap(np.array([0.5]))[0])

    def knows(self, value: Any) -> bool:
        """Is it a value of this kind? An earlier study may have had others by the same name."""
        try:
            index = self.distribution.to_internal_repr(value) if self.choices else float(value)
        except (TypeError, ValueError):
            return False
        return not np.isnan(index)

    def place(self, value: Any) -> float:
        """The unit value, remembered; the middle for a value of another kind."""
        found = self._places.get(value)
        if found is None:
            found = self.encode(value) if self.knows(value) else 0.5
            self._places[value] = found
        return found

    def encode(self, value: Any) -> float:
        if self.choices:
            index = self.distribution.to_internal_repr(value)
            return (index + 0.5) / self.choices
        if not self.movable:
            return 0.5
        number = float(value)
        if self.log:
            number = np.log(max(number, np.exp(self.low)))
        return min(max(float((number - self.low) / (self.high - self.low)), 0.0), 1.0)

    def values(self, unit: Floats) -> Floats:
        """Numbers (not for choices) that would run."""
        low, high = self.ends
        x = self.low + unit * (self.high - self.low)
        x = np.exp(x) if self.log else x
        if self.step is not None:
            x = low + np.rint((x - low) / self.step) * self.step
        return np.asarray(np.clip(x, low, high))

    def snap(self, unit: Floats) -> Floats:
        if self.choices:
            index = np.minimum(np.floor(unit * self.choices), self.choices - 1)
            return np.asarray((index + 0.5) / self.choices)
        if not self.movable:
            return np.full_like(unit, 0.5)
        if self.step is None:
            return np.clip(unit, 0, 1)
        x = self.values(unit)
        x = np.log(x) if self.log else x
        return np.asarray((x - self.low) / (self.high - self.low))

    def decode(self, unit: float) -> Any:
        if self.choices:
            index = min(int(unit * self.choices), self.choices - 1)
            return self.distribution.to_external_repr(index)
        value = self.distribution.to_external_repr(float(self.values(np.array([unit]))[0]))
        low, high = self.bounds  # a large whole number is not exact as a float
        return min(max(value, low), high)

    def features(self, unit: Floats, active: NDArray[np.bool_]) -> Floats:
        if self.width == 1:
            return np.where(active, unit, 0.5)[:, None]
        index = np.minimum(np.floor(unit * self.choices), self.choices - 1)
        hot = (index[:, None] == np.arange(self.choices)) * np.sqrt(0.5)
        return np.asarray(np.where(active[:, None], hot, np.sqrt(0.5) / self.choices))


def _conditions(
    names: Sequence[str], axes: Sequence[_Axis], seen: Sequence[Params]
) -> list[EncodedCondition]:
    """One for each parameter that some of the trials lack, where a parent explains it."""
    found = []
    having = [np.array([name in params for params in seen], dtype=bool) for name in names]
    for child, has in enumerate(having):
        if has.all() or not has.any():
            continue
        for parent, parent_name in enumerate(names[:child]):
            axis, with_parent = axes[parent], having[parent]
            if (has & ~with_parent).any() or not (with_parent & ~has).any():
                continue
            rows = [int(row) for row in np.flatnonzero(with_parent)]
            unit = np.array([axis.place(seen[row][parent_name]) for row in rows])
            on, off = np.unique(unit[has[rows]]), np.unique(unit[~has[rows]])
            apart = on.max() < off.min() or off.max() < on.min()
            if np.intersect1d(on, off).size == 0 and (apart or axis.choices):
                categorical = axis.choices > 0
                found.append(EncodedCondition(child, parent, categorical, tuple(on), tuple(off)))
                break
    return found
