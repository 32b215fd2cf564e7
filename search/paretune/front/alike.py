"""Configurations that cannot be told apart are one point: who belongs with whom.

Notation: k configurations, m objectives. The standard error of the difference of two measured
figures is sqrt(e_i^2 + e_j^2); two configurations whose figures differ by no more than that, in
every objective, are alike. That is the one-standard-error rule of Breiman, Friedman, Olshen and
Stone, "Classification and Regression Trees" (1984), 3.4.3, which takes the simplest of the models
that differ from the best by less. An objective with a tolerance of its own goes by that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_ROUNDING = 1e-12  # two sums of the same parts may differ in the last digit

# (m,) objectives of one configuration and (n, m) of others -> (n, m) which count as equal, or None
# where the noise decides.
Tolerated = Callable[[int, NDArray[np.intp]], Bools]


def alike(
    one: int,
    others: NDArray[np.intp],  # (n,)
    losses: Floats,  # (k, m)
    errors: Floats,  # (k, m)
) -> Bools:  # (n, m)
    """In which objectives the others differ from `one` by no more than the noise."""
    difference = np.abs(losses[others] - losses[one])
    noise = np.sqrt(errors[others] ** 2 + errors[one] ** 2)
    return np.asarray(difference <= noise + _ROUNDING * np.abs(losses[one]))


def group(
    leaders: Sequence[int],
    others: Sequence[int],
    equal: Tolerated,
) -> list[list[int]]:
    """Points: each of the leaders, in their order, with those alike it that are not yet taken.

    Whoever is alike a leader joins it, though it be a leader further down; so no member of a point
    is further from its leader than the noise, as it could be along a chain of neighbours.
    """
    left = dict.fromkeys([*leaders, *others])
    points = []
    for leader in leaders:
        if leader not in left:
            continue
        rest = np.array([i for i in left if i != leader], dtype=np.intp)
        joined = rest[equal(leader, rest).all(axis=1)] if len(rest) else rest
        point = [leader, *(int(i) for i in joined)]
        for i in point:
            del left[i]
        points.append(point)
    return points
