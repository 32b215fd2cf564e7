"""Dominance and hypervolume, on losses: less is better in every column.

Notation: n points, m objectives. y dominates z where y_j <= z_j for all j and y_j < z_j for one.
The ideal point holds each column's least value over the front, the nadir its greatest. The
hypervolume is the measure of the region that the front dominates up to a reference point
(Zitzler and Thiele 1998); moocore computes both.
"""

from __future__ import annotations

import moocore
import numpy as np


def nondominated(
    losses: np.ndarray,  # (n, m)
) -> np.ndarray:  # (n,) bool
    """Which points nobody dominates. Equal points stand or fall together.

    A point with a NaN or an infinity is never in the front and keeps nobody out of it.
    """
    finite = np.isfinite(losses).all(axis=1)
    front = np.zeros(len(losses), dtype=bool)
    if not finite.any():
        return front
    front[finite] = moocore.is_nondominated(losses[finite], keep_weakly=True)
    return front


def hypervolume(
    losses: np.ndarray,  # (n, m)
    reference: np.ndarray,  # (m,)
) -> float:
    """What the points dominate up to `reference`; points beyond it add nothing."""
    points = losses[np.isfinite(losses).all(axis=1)]
    if not len(points):
        return 0.0
    return float(moocore.hypervolume(points, ref=reference))


def normalised(
    losses: np.ndarray,  # (n, m)
    ideal: np.ndarray | None = None,  # (m,)
    nadir: np.ndarray | None = None,  # (m,)
) -> np.ndarray:  # (n, m)
    """Each column from 0 at `ideal` to 1 at `nadir`: by default the points' least and greatest.

    A column in which all points are equal says nothing: it becomes 0.
    """
    ideal = losses.min(axis=0) if ideal is None else ideal
    nadir = losses.max(axis=0) if nadir is None else nadir
    spread = nadir - ideal
    return np.asarray((losses - ideal) / np.where(spread > 0, spread, 1.0))
