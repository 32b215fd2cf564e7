"""Warm start: where an earlier study of the same objectives had its front, a new one begins.

Only ranks count. Other data or another device shift and stretch every objective, but what was
better than what mostly stays so. And only the first trials are taken from it: what they show is
this study's own, so that an earlier study that misleads is outgrown as soon as it has misled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import TrialState
from scipy.stats import rankdata

from search.samplers.acquisition import nondominated, scattered
from search.samplers.model import Reading, feasible

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Earlier:
    """The front of an earlier study: where to look first."""

    front: tuple[Mapping[str, Any], ...]  # parameters, far from each other in rank, in that order

    @classmethod
    def of(cls, study: Study, reading: Reading, most: int = 8) -> Earlier:
        """From the completed trials of a study; those that kept its constraints, if any did."""
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        trials = [t for t in trials if t.params and feasible(t)] or [t for t in trials if t.params]
        if not trials:
            return cls(())
        losses = np.array([reading.losses(study, trial.values) for trial in trials])
        return cls.from_losses([trial.params for trial in trials], losses, most)

    @classmethod
    def from_losses(
        cls,
        params: Sequence[Mapping[str, Any]],
        losses: Floats,  # (n, m)
        most: int = 8,
    ) -> Earlier:
        """The front of n configurations, the best compromise first, then spread by rank."""
        best = np.flatnonzero(nondominated(losses))
        ranks = rankdata(losses, axis=0)[best] / len(losses)  # (h, m)
        middle = int(np.argmin(ranks.sum(1)))
        order = [middle, *(int(i) for i in scattered(ranks, most) if i != middle)]
        return cls(tuple(dict(params[best[i]]) for i in order[:most]))


def suggestions(earlier: Sequence[Earlier]) -> list[Mapping[str, Any]]:
    """The fronts' members in turn, one of each study."""
    longest = max((len(one.front) for one in earlier), default=0)
    return [one.front[i] for i in range(longest) for one in earlier if i < len(one.front)]
