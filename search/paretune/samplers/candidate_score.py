"""How promising a point is: log of the hypervolume it should add per unit of cost; and its summit.

    score = log EHVI - log E[cost] + log P(cost <= limit) + log P(feasible and not failing)

With log cost ~ N(mu, s^2): log E[cost] = mu + s^2 / 2, P(cost <= c) = Phi((log c - mu) / s).
Without a feasible front there is nothing to improve on, and the first term is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from paretune.samplers.gp import GP
from paretune.samplers.surrogate import LEAST_SUCCESS, Model

Floats = NDArray[np.float64]

BLOCK = 256  # points scored at a time: keeps (points, boxes) arrays in the cache
STEPS = 24
KNOWN = 0.25  # a cost that is known is known to so much of its logarithm


class CandidateScore:
    """The score of a model; `limit` is the most that the next trial may cost."""

    def __init__(self, model: Model, limit: float) -> None:
        self.model = model
        self.log_limit = np.log(limit) if limit > 0 else -np.inf
        self.boxes = model.boxes() if len(model.front) else None

    def __call__(self, features: Floats, log_cost: Floats | None = None) -> Floats:
        """(q,) at (q, f); `log_cost` (q,) where that is known better than the model knows it."""
        parts = []
        for i in range(0, len(features), BLOCK):
            known = None if log_cost is None else log_cost[i : i + BLOCK]
            parts.append(self._value(features[i : i + BLOCK], known))
        return np.concatenate(parts)

    def _value(self, x: Floats, log_cost: Floats | None) -> Floats:
        total = np.zeros(len(x))
        if self.boxes is not None:
            total += np.log(np.maximum(self.boxes.improvement(*self.model.predict(x)), 1e-300))
        if log_cost is not None:
            total -= np.where(log_cost <= self.log_limit - KNOWN, log_cost, np.inf)
        elif self.model.cost is not None:
            mean, deviation = self.model.cost.predict(x)
            total -= mean + deviation**2 / 2
            if np.isfinite(self.log_limit):
                total += log_ndtr((self.log_limit - mean) / deviation)
        for gp in self.model.constraints:
            mean, deviation = gp.predict(x)
            total += log_ndtr(-mean / deviation)
        if self.model.success is not None:
            mean, _ = self.model.success.predict(x)
            total += np.log(np.clip(mean, LEAST_SUCCESS, 1.0))
        return total

    def gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """The score (q,) and its gradient (q, f)."""
        total, slope = np.zeros(len(x)), np.zeros(x.shape)
        if self.boxes is not None:
            parts = [gp.gradient(x) for gp in self.model.objectives]
            mean, deviation = (np.column_stack([p[i] for p in parts]) for i in range(2))
            value, by_mean, by_deviation = self.boxes.gradient(mean, deviation)
            total += value
            for j, (_, _, mean_slope, deviation_slope) in enumerate(parts):
                slope += by_mean[:, j, None] * mean_slope
                slope += by_deviation[:, j, None] * deviation_slope
        if self.model.cost is not None:
            mean, deviation, mean_slope, deviation_slope = self.model.cost.gradient(x)
            total -= mean + deviation**2 / 2
            slope -= mean_slope + deviation[:, None] * deviation_slope
            if np.isfinite(self.log_limit):
                value, change = _log_below(self.model.cost, x, self.log_limit)
                total, slope = total + value, slope + change
        for gp in self.model.constraints:
            value, change = _log_below(gp, x, 0.0)
            total, slope = total + value, slope + change
        if self.model.success is not None:
            mean, _, mean_slope, _ = self.model.success.gradient(x)
            total += np.log(np.clip(mean, LEAST_SUCCESS, 1.0))
            inside = (mean > LEAST_SUCCESS) & (mean < 1)
            slope += (
                np.where(inside, 1 / np.maximum(mean, LEAST_SUCCESS), 0.0)[:, None] * mean_slope
            )
        return total, slope


def climb(
    score: CandidateScore, x: Floats, movable: NDArray[np.bool_], steps: int = STEPS
) -> Floats:
    """(q, f) the highest point each start reaches by `steps` steps of its own.

    Resilient propagation (Riedmiller & Braun 1993): only the gradient's signs are used, so that
    neither the scale of the score nor that of a feature matters, and all starts move at once.
    """
    step = np.full(x.shape, 0.02)
    best, best_value = x.copy(), np.full(len(x), -np.inf)
    before = np.zeros(x.shape)
    for _ in range(steps):
        value, slope = score.gradient(x)
        better = value > best_value
        best[better], best_value[better] = x[better], value[better]
        slope = np.where(movable, slope, 0.0)
        turned = slope * before
        step = np.clip(
            np.where(turned > 0, 1.4 * step, np.where(turned < 0, 0.5 * step, step)), 1e-4, 0.2
        )
        x = np.clip(x + np.sign(slope) * step, 0, 1)
        before = slope
    return best


def _log_below(gp: GP, x: Floats, threshold: float) -> tuple[Floats, Floats]:
    """log P(process <= threshold) (q,) and its gradient (q, f)."""
    mean, deviation, mean_slope, deviation_slope = gp.gradient(x)
    z = (threshold - mean) / deviation
    value = log_ndtr(z)
    ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - value) / deviation  # phi / Phi / s
    return value, -ratio[:, None] * (mean_slope + z[:, None] * deviation_slope)
