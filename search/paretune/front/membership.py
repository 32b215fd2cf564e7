"""How likely a configuration is to be truly non-dominated, its figures being uncertain.

Notation: k configurations, c columns of losses (less is better; the first m of them objectives, the
others figures that only a constraint names), S draws.

The true losses are drawn S times, each from a normal distribution about what was measured with its
standard error, independently; a draw's members are the configurations that keep the bounds and that
nobody who keeps them dominates. Membership is the share of draws in which one is a member: the
probability of non-dominance of Hughes, "Evolutionary multi-objective ranking with uncertainty and
noise", EMO 2001, taken over all competitors at once instead of pair by pair.

Configurations that somebody certain dominates by REACH standard errors in every objective neither
are members nor keep anybody out whom that one does not: they are left out of the draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRAWS = 400  # a probability is known to 0.025 at worst
REACH = 3.0
_SEED = 20_260_101  # a study's page says the same whenever it is opened


@dataclass(frozen=True)
class Bound:
    """Of a constraint: `factor` times the loss in a column is at most `most`."""

    column: int
    factor: float  # 1, or -1 where the constraint wants more loss
    most: float

    def kept(self, losses: Floats) -> Bools:  # (..., c) -> (...)
        """Which losses keep it."""
        return np.asarray(self.factor * losses[..., self.column] <= self.most)


def drawn_fronts(
    losses: Floats,  # (k, c)
    errors: Floats,  # (k, c) standard errors
    objectives: int,
    bounds: Sequence[Bound] = (),
    *,
    families: NDArray[np.intp] | None = None,  # (k,)
    shares: Floats | None = None,  # (k, c)
    draws: int = DRAWS,
    seed: int = _SEED,
) -> Bools:  # (draws, k)
    """Which configurations are members of the true front, draw by draw.

    `shares` is how much of its standard error a configuration has in common with its family, which
    is measured once for all of them; the rest, (1 - share) of it, is its own.
    """
    members = np.zeros((draws, len(losses)), dtype=bool)
    drawn = drawn_losses(losses, errors, families=families, shares=shares, draws=draws, seed=seed)
    for draw, truth in enumerate(drawn):
        able = np.flatnonzero(kept(truth, bounds))
        if len(able):
            inside = moocore.is_nondominated(truth[able, :objectives], keep_weakly=True)
            members[draw, able[inside]] = True
    return members


def drawn_losses(
    losses: Floats,  # (k, c)
    errors: Floats,  # (k, c)
    *,
    families: NDArray[np.intp] | None = None,
    shares: Floats | None = None,
    draws: int = DRAWS,
    seed: int = _SEED,
) -> Iterator[Floats]:  # draws times (k, c)
    """The true losses that `drawn_fronts` draws, with the same arguments and seed."""
    generator = np.random.default_rng(seed)
    own, common = errors, np.zeros_like(errors)
    if families is not None and shares is not None:
        own = errors * (1 - shares)
        common = np.sqrt(errors**2 - own**2)
    for _ in range(draws):
        truth = losses + own * generator.standard_normal(losses.shape)
        if families is not None:
            truth += common * generator.standard_normal(losses.shape)[families]
        yield truth


def possible_members(
    losses: Floats,  # (k, c)
    errors: Floats,  # (k, c)
    objectives: int,
    bounds: Sequence[Bound] = (),
) -> Bools:  # (k,)
    """Which configurations may be members, or may keep one out."""
    best, worst = losses - REACH * errors, losses + REACH * errors
    usable = np.isfinite(losses).all(axis=1)
    possible = usable & kept(_towards(best, worst, bounds), bounds)
    sure = np.flatnonzero(usable & kept(_towards(worst, best, bounds), bounds))
    if len(sure):
        rivals = worst[sure, :objectives]
        rivals = rivals[moocore.is_nondominated(rivals, keep_weakly=False)]
        for rival in rivals:
            possible &= ~(rival < best[:, :objectives]).all(axis=1)
    return np.asarray(possible)


def sure_members(
    memberships: Floats,  # (n,)
    false_share: float,
) -> Bools:  # (n,)
    """The most members among which no greater share than `false_share` is expected to be false.

    The likeliest are taken first: the rule of Mueller, Parmigiani, Robert and Rousseau, "Optimal
    sample size for multiple testing", Journal of the American Statistical Association 99 (2004).
    """
    sure = np.zeros(len(memberships), dtype=bool)
    order = np.argsort(-memberships, kind="stable")
    expected = np.cumsum(1 - memberships[order]) / np.arange(1, len(order) + 1)
    sure[order[expected <= false_share]] = True
    return sure


def _towards(loss_wanted: Floats, gain_wanted: Floats, bounds: Sequence[Bound]) -> Floats:
    """The losses at the end of their range that speaks for (or against) keeping each bound."""
    ends = loss_wanted.copy()
    for bound in bounds:
        if bound.factor < 0:
            ends[:, bound.column] = gain_wanted[:, bound.column]
    return ends


def kept(losses: Floats, bounds: Sequence[Bound]) -> Bools:  # (..., c) -> (...)
    """Which losses keep every bound."""
    inside = np.ones(losses.shape[:-1], dtype=bool)
    for bound in bounds:
        inside &= bound.kept(losses)
    return inside
