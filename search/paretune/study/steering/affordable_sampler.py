"""Any sampler in a study with a budget: asked again while what it suggests does not fit the rest.

While suggestions fit, they are what the sampler would have suggested anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.optuna_internals import queued_params
from paretune.samplers.delegating import DelegatingSampler
from paretune.study.spending.affordable import Affordable

ASKED = 5  # suggestions of the sampler's own, before any configuration that fits is taken


class AffordableSampler(DelegatingSampler):
    """`sampler`, kept to what the budget still buys, as far as anything is found that it does."""

    def __init__(self, sampler: BaseSampler, affordable: Affordable) -> None:
        super().__init__(sampler)
        self._affordable = affordable
        self._space = affordable.spec.space
        self._distributions = self._space.distributions(affordable.devices)
        self._relative: dict[str, BaseDistribution] = {}  # what the sampler models by itself

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        self._relative = super().infer_relative_search_space(study, trial)
        return {**self._distributions, **self._relative}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        suggested = super().sample_relative(study, trial, self._relative)
        if not self._affordable.is_limited or queued_params(trial):
            return suggested
        whole: dict[str, Any] = {}
        for attempt in range(ASKED):
            if attempt > 0:
                suggested = super().sample_relative(study, trial, self._relative)
            draft = _Draft(self, study, trial, suggested, self._distributions)
            params = self._space.suggest(draft, self._affordable.devices)
            whole = draft.values
            if self._affordable.fits(params):
                return whole
        return self._affordable.find() or whole


class _Draft:
    """Stands in for the trial while it is not decided what its parameters are."""

    def __init__(
        self,
        sampler: BaseSampler,
        study: Study,
        trial: FrozenTrial,
        suggested: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
    ) -> None:
        self.values: dict[str, Any] = {}
        self._sampler, self._study, self._trial = sampler, study, trial
        self._suggested, self._distributions = suggested, distributions

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        return int(self._value(name))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return float(self._value(name))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._value(name)

    def _value(self, name: str) -> Any:
        """As Optuna takes it: one that must be, else the model's, else one drawn by itself."""
        distribution = self._distributions[name]
        if distribution.single():
            if isinstance(distribution, CategoricalDistribution):
                value = distribution.choices[0]
            else:
                value = distribution.low  # type: ignore[attr-defined]
        elif name in self._suggested:
            value = self._suggested[name]
        else:
            value = self._sampler.sample_independent(self._study, self._trial, name, distribution)
        self.values[name] = value
        return value
