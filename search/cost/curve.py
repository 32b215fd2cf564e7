"""A figure above its floor: what every configuration needs, plus what grows with it.

A process takes so many MiB before it trains anything, a model file has its framing: a constant
beside a power law is not straight in the logarithm, but what is above the constant is. The floor
is chosen among a few shares of the least value seen, by the evidence of the line above it.

Notation: v value, F floor, y = log(v - F); the evidence of v is that of y times dy/dv = 1/(v - F).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.cost import Estimate
from search.cost.regression import Floats, Line, Points, Prior

FLOORS = (0.0, 0.25, 0.5, 0.7, 0.85)  # shares of the least value seen
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
class Curve:
    """A line above a floor."""

    line: Line
    floor: float

    @classmethod
    def fit(
        cls,
        data: Sequence[Datum],
        prior: Prior,
        *,
        floors: Sequence[float] = (0.0,),
        before: Curve | None = None,
        search: bool = True,
    ) -> Curve:
        """Learn from one observation or more.

        `before` is an earlier fit to begin from; its hyperparameters and its floor stand if not
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
        candidates = [share * least for share in floors]
        if before is not None and not search:
            candidates = [before.floor if before.floor < least else 0.0]
        fits = []
        for floor in candidates:
            above = np.log(values - floor)
            line = Line.fit(points, above, prior, start, search=search)
            fits.append((line.evidence - float(above.sum()), cls(line, floor)))
        return max(fits, key=lambda fit: fit[0])[1]

    def ask(self, row: Floats, when: float) -> Estimate:
        """The figure at (f,) features, for a trial of that order."""
        mean, deviation = self.line.predict(row[None], when)
        above = math.exp(float(mean[0]))
        share = above / (above + self.floor)  # d log v / d y
        return Estimate(math.log(above + self.floor), share * float(deviation[0]))


def _groups(keys: Sequence[tuple[float, int]]) -> NDArray[np.intp]:
    known = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([known[key] for key in keys])
