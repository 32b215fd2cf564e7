"""Where to look next. Every sampler is an `optuna.samplers.BaseSampler`: no other protocol.

A study takes an instance, a name of `paretune.catalog.SAMPLERS`, or "module:factory". `make` gives
each name what it needs to behave well in a study of ours: several trials at once, conditional
parameters, a seed that does not repeat itself. What a sampler may offer beyond suggestions is in
`capabilities`; all names but `cost_aware` treat every trial as equally expensive.
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

from paretune.catalog import SAMPLERS
from paretune.errors import SearchError
from paretune.extras import require
from paretune.inputs.factories import is_target, load_factory
from paretune.samplers.capabilities import ExpectsGain, ReadsCosts, SharesModel
from paretune.samplers.cost_aware import CostAwareSampler
from paretune.samplers.delegating import unwrapped
from paretune.samplers.hidden_trials import HidingSampler
from paretune.samplers.reading import ExpectedLosses, Offer, Reading
from paretune.samplers.seeding import SeededSampler
from paretune.samplers.surrogate import Surrogates
from paretune.samplers.warm_start import EarlierStudy

__all__ = [
    "CostAwareSampler",
    "EarlierStudy",
    "ExpectedLosses",
    "ExpectsGain",
    "Offer",
    "Reading",
    "ReadsCosts",
    "SharesModel",
    "Surrogates",
    "make",
    "name_of",
    "unwrapped",
]


def make(
    sampler: str | BaseSampler,
    seed: int | None = None,
    *,
    reading: Reading | None = None,
    limit: Callable[[Study], float] = lambda study: np.inf,
    space: Mapping[str, BaseDistribution] | None = None,
    earlier_studies: Sequence[EarlierStudy] = (),
    hidden: Callable[[FrozenTrial], bool] | None = None,
    folder: str | None = None,
) -> BaseSampler:
    """The sampler of a study: an instance as it is, or what a name or "module:factory" stands for.

    `seed` is for the latter two: an instance has its own. One that reads costs is bound to
    `reading`, `limit`, `space` and `earlier_studies` (capabilities.py); any other learns nothing of
    trials that are `hidden`. A module in `folder` is found first.

    Raises SearchError for an unknown name, for a factory that cannot be had or gives no sampler,
    and for `gp` where torch is missing.
    """
    made = sampler if isinstance(sampler, BaseSampler) else _made(sampler, seed, folder)
    inner = unwrapped(made)
    if isinstance(inner, ReadsCosts):
        inner.bind(reading or Reading(), limit=limit, space=space, earlier_studies=earlier_studies)
        return made
    return made if hidden is None else HidingSampler(made, hidden)


def name_of(sampler: str | BaseSampler) -> str:
    """How a study's record names it: by its name, or an instance by its class, module:class."""
    if isinstance(sampler, str):
        return sampler
    kind = type(unwrapped(sampler))
    return "cost_aware" if kind is CostAwareSampler else f"{kind.__module__}:{kind.__qualname__}"


def _made(name: str, seed: int | None, folder: str | None) -> BaseSampler:
    if is_target(name):
        factory = load_factory("sampler.name", name, folder)

        def checked(seed: int | None) -> BaseSampler:
            found = factory(seed=seed)
            if not isinstance(found, BaseSampler):
                raise SearchError(
                    f'sampler.name = "{name}": it gave a {type(found).__name__}, not an '
                    "optuna.samplers.BaseSampler"
                )
            return found

        made = checked(seed)
        capable = isinstance(unwrapped(made), ReadsCosts | SharesModel | ExpectsGain)
        return made if capable else SeededSampler(checked, seed)
    if name == "cost_aware":
        return CostAwareSampler(seed)
    if name == "gp":
        require("torch", 'sampler "gp" (Optuna\'s)')
    if name == "qmc":  # goes on by what it keeps in the storage under its seed
        return _optunas(name)(seed)
    if name not in SAMPLERS:
        raise SearchError(
            f'sampler "{name}" is unknown: choose one of {", ".join(SAMPLERS)}, or give '
            '"module:factory"'
        )
    return SeededSampler(_optunas(name), seed)


def _optunas(name: str) -> Callable[[int | None], BaseSampler]:
    """A maker of one of Optuna's own, for a seed."""

    def make(seed: int | None) -> BaseSampler:
        with warnings.catch_warnings():
            # Optuna calls options experimental that it has shipped for years.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            # `group` models conditional parameters; `constant_liar` keeps concurrent trials apart.
            if name == "tpe":
                return optuna.samplers.TPESampler(
                    seed=seed, multivariate=True, group=True, constant_liar=True
                )
            if name == "qmc":
                return optuna.samplers.QMCSampler(seed=seed, warn_independent_sampling=False)
            makers: dict[str, Callable[..., BaseSampler]] = {
                "nsgaii": optuna.samplers.NSGAIISampler,
                "nsgaiii": optuna.samplers.NSGAIIISampler,
                "gp": optuna.samplers.GPSampler,
                "random": optuna.samplers.RandomSampler,
            }
            return makers[name](seed=seed)

    return make
