"""Ways to take one configuration of several, on arrays of losses; less is better.

Notation: n configurations, m objectives; "normalised" is each column from 0 at the least to 1 at
the greatest of the n (`pareto.dominance`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from paretune.pareto.dominance import normalised

Floats = NDArray[np.float64]


def knee(losses: Floats) -> int:  # (n, m)
    """The one that bulges most towards the ideal point.

    That is the greatest distance from the hyperplane through the normalised extremes, the knee
    of Das, "On characterizing the 'knee' of the Pareto curve based on normal-boundary
    intersection", Structural Optimization 18 (1999): with the extremes at the unit points e_j,
    the distance of y is (1 - sum_j y_j) / sqrt(m).
    """
    scaled = normalised(losses)
    return _least(-(1.0 - scaled.sum(axis=1)) / math.sqrt(scaled.shape[1]), scaled)


def weighted(losses: Floats, weights: Floats) -> int:  # (n, m), (m,)
    """The one with the least weighted sum of normalised losses."""
    scaled = normalised(losses)
    return _least(scaled @ weights, scaled)


def least(score: Floats, losses: Floats, within: Floats | float = 0.0) -> int:  # (n,), (n, m)
    """The one with the least score, NaN never; of those `within` so much of it the knee."""
    lowest = np.nanargmin(score)
    reach = np.broadcast_to(within, score.shape)
    tied = np.flatnonzero(score <= score[lowest] + reach)
    return int(tied[knee(losses[tied])])


def _least(score: Floats, losses: Floats) -> int:
    # Scores within rounding are ties: they go to the least sum of losses, then to the better one
    # in the first objective in which the tied differ; only equal points are left to their order.
    tied = np.flatnonzero(score <= score.min() + 1e-12)
    return int(min(tied, key=lambda i: (round(float(losses[i].sum()), 12), *losses[i], i)))
