"""How much of a lead is luck: what a chosen configuration is expected to lose when looked at anew.

Whoever takes the best of many by noisy figures takes one whose noise was kind. The choice is
repeated on figures drawn anew, by the same rule, and what the chosen one gains by its noise is
averaged: the parametric bootstrap of a selection (Efron, "Estimating the error rate of a prediction
rule", Journal of the American Statistical Association 78 (1983)).

As measured the figures are spread wider than they are in truth, by their own noise; drawn about
them the best would stand out too well, and the luck would be underestimated. So they are first
drawn together: each is replaced by its posterior mean under the distribution of true figures that
makes the measured ones likeliest (Kiefer and Wolfowitz, Annals of Mathematical Statistics 27
(1956); as empirical Bayes: Jiang and Zhang, Annals of Statistics 37 (2009)).

Notation: k configurations, c columns of losses.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pick = Callable[[Floats], int | None]  # (k, c) losses -> the chosen one's position

DRAWS = 200
FEWEST = 5  # configurations from which a distribution of true figures can be told
_GRID, _ROUNDS = 200, 100
_SEED = 20_260_102


def expected_shrinkage(
    losses: Floats,  # (k, c)
    errors: Floats,  # (k, c) standard errors
    pick: Pick,
    draws: int = DRAWS,
) -> Floats:  # (c,)
    """By how much the chosen one's true losses are expected to be greater than its measured ones.

    `pick` chooses as it was chosen; None where a draw leaves nothing to choose from.
    """
    centres = np.column_stack(
        [drawn_together(losses[:, j], errors[:, j]) for j in range(losses.shape[1])]
    )
    generator = np.random.default_rng(_SEED)
    gains = []
    for _ in range(draws):
        noise = errors * generator.standard_normal(losses.shape)
        chosen = pick(centres + noise)
        if chosen is not None:
            gains.append(-noise[chosen])
    return np.mean(gains, axis=0) if gains else np.zeros(losses.shape[1])


def drawn_together(
    measured: Floats,  # (k,)
    errors: Floats,  # (k,)
) -> Floats:  # (k,)
    """Posterior means of the true values; what is exact, or one of too few, stays as it is."""
    noisy = np.flatnonzero((errors > 0) & np.isfinite(measured))
    result = measured.astype(float).copy()
    if len(noisy) < FEWEST or np.ptp(measured[noisy]) == 0:
        return result
    y, e = measured[noisy], errors[noisy]
    grid = np.linspace(y.min(), y.max(), _GRID)
    likelihood = np.exp(-0.5 * ((y[:, None] - grid) / e[:, None]) ** 2) + 1e-300  # (k, grid)
    weights = np.full(_GRID, 1 / _GRID)
    for _ in range(_ROUNDS):  # expectation maximisation
        posterior = likelihood * weights
        posterior /= posterior.sum(axis=1, keepdims=True)
        weights = posterior.mean(axis=0)
    result[noisy] = posterior @ grid
    return result
