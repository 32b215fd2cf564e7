"""A figure above its floor: what every configuration needs, plus what grows with it.

A process takes so many MiB before it trains anything, a model file has its framing: a constant
beside a power law is not straight in the logarithm, but what is above the constant is. The floor
is one of a few shares of the least value seen, each as likely as the line above it makes it.

Notation: v value, F floor, y = log(v - F); the evidence of v is that of y times dy/dv = 1/(v - F)
for every measurement but one: that one goes into the level, which any floor leaves free.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paretune.predict.regression import Floats, Line, Points, Prior
from paretune.trial.prediction import Estimate

# Shares of the least value seen, and how likely each is before the values have told: most of a
# process's memory is there before it trains, a file's framing is little beside its weights.
NO_FLOOR = {0.0: 1.0}
MEMORY_FLOORS = dict.fromkeys((0.0, 0.25, 0.5, 0.7, 0.85), 0.2)
SIZE_FLOORS = {0.0: 0.9, 0.25: 0.04, 0.5: 0.03, 0.7: 0.02, 0.85: 0.01}
_NEGLIGIBLE = 0.01  # a candidate so much less likely than the best is left out
_LARGEST = 200.0  # of a logarithm, so that a wild extrapolation stays a number
_LEAST = 1e-4  # of any figure: below it there is nothing to measure


@dataclass(frozen=True)
class Datum:
    """One observation of a figure."""

    row: Floats  # (f,) features
    value: float
    order: float
    extra: float = 0.0  # variance of the logarithm beside the noise of all
    measured: bool = True  # else supposed, and equal values mean nothing


@dataclass(frozen=True)
class Candidate:
    """A line above one floor, and how likely that is the right one."""

    line: Line
    floor: float
    weight: float
    chance: float = 1.0  # before any value

    def ask(self, row: Floats, when: float) -> tuple[float, float]:
        """Mean and deviation of the figure's logarithm."""
        mean, deviation = self.line.predict(row[None], when)
        above = math.exp(min(float(mean[0]), _LARGEST))
        share = above / (above + self.floor)  # d log v / d y
        return math.log(above + self.floor), share * float(deviation[0])


@dataclass(frozen=True)
class Curve:
    """Lines above a few floors, the likeliest first."""

    candidates: tuple[Candidate, ...]

    @property
    def line(self) -> Line:
        """The likeliest."""
        return self.candidates[0].line

    @classmethod
    def fit(
        cls,
        data: Sequence[Datum],
        prior: Prior,
        *,
        floors: Mapping[float, float] = NO_FLOOR,
        before: Curve | None = None,
        search: bool = True,
    ) -> Curve:
        """Learn from one observation or more.

        `before` is an earlier fit to begin from; its hyperparameters and its floors stand if not
        `search`.
        """
        values = np.maximum([datum.value for datum in data], _LEAST)
        points = Points(
            np.array([datum.row for datum in data]),
            np.array([datum.order for datum in data]),
            np.array([datum.extra for datum in data]),
            # Trials that share a training carry the same measurement of it, to the last digit.
            _groups([(datum.value, 0 if datum.measured else i) for i, datum in enumerate(data)]),
        )
        least = float(values.min())
        start = None if before is None else before.line.theta
        begins = [(share * least, start, chance) for share, chance in floors.items()]
        if before is not None and not search:
            begins = [(c.floor, c.line.theta, c.chance) for c in before.candidates]
            begins = [begin for begin in begins if begin[0] < least] or [(0.0, start, 1.0)]
        _, firsts = np.unique(points.group, return_index=True)
        fits = []
        for floor, theta, chance in begins:
            above = np.log(values - floor)
            line = Line.fit(points, above, prior, theta, search=search)
            told = above[firsts].sum() - above[firsts].mean()
            fits.append((math.log(chance) + line.evidence - float(told), line, floor, chance))
        best = max(evidence for evidence, *_ in fits)
        weights = [math.exp(evidence - best) for evidence, *_ in fits]
        kept = [
            Candidate(line, floor, weight / sum(weights), chance)
            for weight, (_, line, floor, chance) in zip(weights, fits, strict=True)
            if weight > _NEGLIGIBLE
        ]
        return cls(tuple(sorted(kept, key=lambda c: -c.weight)))

    def ask(self, row: Floats, when: float) -> Estimate:
        """The figure at (f,) features, for a trial of that order.

        Where the candidates disagree (far from the data) the interval is as wide as that.
        """
        answers = [candidate.ask(row, when) for candidate in self.candidates]
        weights = np.array([candidate.weight for candidate in self.candidates])
        means, deviations = np.array(answers).T
        mean = float(weights @ means / weights.sum())
        variance = float(weights @ (deviations**2 + (means - mean) ** 2) / weights.sum())
        return Estimate(mean, math.sqrt(variance))


def _groups(keys: Sequence[tuple[float, int]]) -> NDArray[np.intp]:
    known = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([known[key] for key in keys])
