"""Where to look next. Every sampler is an `optuna.samplers.BaseSampler`: no other protocol.

`make` gives each name what it needs to behave well in a study of ours: several trials at once, and
conditional parameters. All but `cost_aware` treat every trial as equally expensive.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.errors import SearchError
from paretune.extras import require
from paretune.samplers.cost_aware import CostAwareSampler
from paretune.samplers.hidden_trials import Blinkered
from paretune.samplers.surrogate import ExpectedLosses, Offer, Reading, Surrogates
from paretune.samplers.warm_start import Earlier

NAMES = ("cost_aware", "tpe", "nsgaii", "nsgaiii", "gp", "random", "qmc")

__all__ = [
    "NAMES",
    "CostAwareSampler",
    "Earlier",
    "ExpectedLosses",
    "Offer",
    "Reading",
    "Surrogates",
    "make",
]


def make(
    name: str,
    seed: int | None,
    *,
    reading: Reading | None = None,
    limit: Callable[[Study], float] = lambda study: np.inf,
    space: Mapping[str, BaseDistribution] | None = None,
    earlier: Sequence[Earlier] = (),
    hidden: Callable[[FrozenTrial], bool] | None = None,
) -> BaseSampler:
    """The sampler `name`. All but `cost_aware`, which alone reads the other keyword arguments,
    learn nothing of trials that are `hidden` (unseen.py).

    Raises SearchError for an unknown name, and for `gp` where torch is missing.
    """
    if name == "cost_aware":
        return CostAwareSampler(seed, reading=reading, limit=limit, space=space, earlier=earlier)
    if name == "gp":
        require("torch", 'sampler "gp" (Optuna\'s)')
    with warnings.catch_warnings():
        # Optuna calls options experimental that it has shipped for years.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # `group` models conditional parameters; `constant_liar` keeps concurrent trials apart.
        makers: dict[str, Callable[[], BaseSampler]] = {
            "tpe": lambda: optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=True, constant_liar=True
            ),
            "nsgaii": lambda: optuna.samplers.NSGAIISampler(seed=seed),
            "nsgaiii": lambda: optuna.samplers.NSGAIIISampler(seed=seed),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed),
            "random": lambda: optuna.samplers.RandomSampler(seed=seed),
            "qmc": lambda: optuna.samplers.QMCSampler(seed=seed, warn_independent_sampling=False),
        }
        if name not in makers:
            raise SearchError(f'sampler "{name}" is unknown: choose one of {", ".join(NAMES)}')
        made = makers[name]()
    return made if hidden is None else Blinkered(made, hidden)
