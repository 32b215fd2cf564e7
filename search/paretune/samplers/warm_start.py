"""Warm start: where an earlier study of the same objectives had its front, a new one looks early.

Only ranks count. Other data or another device shift and stretch every objective, but what was
better than what mostly stays so. Whether it does is tested before anything is built on it: the
study's own first trials, which are cheap, have to come in the order that the earlier study would
have put them in, objective by objective (Kendall's tau > 0, as in the ranking-weighted ensembles
of Feurer et al. 2018, arXiv 1802.02219). The test is repeated before each point that is taken from
it, those that were taken before among the evidence, so that a misleading study costs next to
nothing and one that begins to mislead is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import TrialState
from scipy.stats import kendalltau, rankdata

from paretune.pareto.dominance import nondominated
from paretune.samplers.acquisition import scattered
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.gp import GP
from paretune.samplers.reading import Reading
from paretune.samplers.surrogate import feasible

Floats = NDArray[np.float64]

WARM = 4  # points taken from earlier studies, shared among them; at least one of each
LEAST = 3  # own trials before an order can be seen
MAX_POINTS = 200  # of an earlier study, taken evenly


@dataclass(frozen=True)
class EarlierStudy:
    """An earlier study: its configurations, the ranks they had, and its front."""

    params: tuple[Mapping[str, Any], ...]  # n
    ranks: tuple[tuple[float, ...], ...]  # (n, m) of the losses, from above 0 to 1
    front: tuple[int, ...]  # of the n, far from each other in rank, the best compromise first

    @classmethod
    def of(cls, study: Study, reading: Reading) -> EarlierStudy:
        """From the completed trials of a study; its front is of those that kept the constraints,
        if any did.
        """
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        trials = [trial for trial in trials if trial.params]
        losses = np.array([reading.losses(study, trial.values) for trial in trials])
        kept = np.array([feasible(trial) for trial in trials], dtype=bool)
        return cls.from_losses([trial.params for trial in trials], losses, kept)

    @classmethod
    def from_losses(
        cls,
        params: Sequence[Mapping[str, Any]],
        losses: Floats,  # (n, m)
        kept: NDArray[np.bool_] | None = None,  # (n,) may be in the front; None: all may
    ) -> EarlierStudy:
        """Of n configurations and their losses."""
        if len(params) == 0:
            return cls((), (), ())
        ranks = rankdata(losses, axis=0) / len(losses)
        able = np.arange(len(params)) if kept is None or not kept.any() else np.flatnonzero(kept)
        best = able[nondominated(np.nan_to_num(losses[able]))]
        middle = int(np.argmin(ranks[best].sum(1)))
        order = [middle, *(int(i) for i in scattered(ranks[best], WARM) if i != middle)]
        return cls(
            tuple(dict(one) for one in params),
            tuple(map(tuple, ranks.tolist())),
            tuple(int(best[i]) for i in order[:WARM]),
        )


class WarmStart:
    """What earlier studies suggest to a new one, as far as its own trials bear them out."""

    def __init__(self, earlier_studies: Sequence[EarlierStudy]) -> None:
        self._earlier = [one for one in earlier_studies if one.front]
        self._models: dict[Any, list[list[GP]]] = {}  # by the space; per study, per objective

    def __bool__(self) -> bool:
        """Is there anything to be told at all?"""
        return bool(self._earlier)

    def next(
        self,
        space: EncodedSpace,
        tried: Floats,  # (n, p) unit rows of all trials, running ones among them
        own: Floats,  # (k, p) of those that have values
        losses: Floats,  # (k, m)
    ) -> Floats | None:
        """(p,) the next point of a front that is worth a look; None where none is."""
        if len(own) < LEAST:
            return None
        models = self._of(space)
        trusted: dict[int, bool] = {}  # asked only of a study that has a point left to try
        for turn in range(max(1, WARM // len(self._earlier))):
            for i, one in enumerate(self._earlier):
                if turn >= len(one.front):
                    continue
                unit = space.snap(space.encode(one.params[one.front[turn]])[None])[0]
                if (np.abs(tried - unit).max(1) < 1e-6).any():
                    continue
                if i not in trusted:
                    trusted[i] = agreement(models[i], space.features(own), losses) > 0
                if trusted[i]:
                    return np.asarray(unit)
        return None

    def _of(self, space: EncodedSpace) -> list[list[GP]]:
        if space.signature not in self._models:
            self._models[space.signature] = [_ranks_of(one, space) for one in self._earlier]
        return self._models[space.signature]


def agreement(
    models: Sequence[GP],  # of the ranks, per objective
    features: Floats,  # (k, f)
    losses: Floats,  # (k, m)
) -> float:
    """Kendall's tau between what was expected and what came, in the objective where it is least.

    An objective says nothing in which all trials are equal, or were expected to be as far as the
    earlier study's noise allows; where none says anything it is 0.
    """
    taus = []
    for model, came in zip(models, losses.T, strict=True):
        expected = model.predict(features)[0]
        if np.ptp(came) > 0 and np.ptp(expected) > np.sqrt(model.noise):
            taus.append(float(kendalltau(expected, came).statistic))
    return min(taus, default=0.0)


def _ranks_of(earlier: EarlierStudy, space: EncodedSpace) -> list[GP]:
    n = len(earlier.params)
    some = np.unique(np.linspace(0, n - 1, min(n, MAX_POINTS)).astype(int))
    x = space.features(np.array([space.encode(earlier.params[i]) for i in some]))
    ranks = np.array([earlier.ranks[i] for i in some])
    return [GP.condition(x, column, np.zeros(len(some))) for column in ranks.T]
