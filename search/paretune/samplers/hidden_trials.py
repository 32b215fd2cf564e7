"""Optuna's samplers in a study where some trials are to teach them nothing.

Four bit-widths of one training are one look at the space, not four: told all of them, TPE takes
the region of its first feasible training for four times as good as it is, and hardly leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState


class Blinkered(BaseSampler):
    """`sampler`, to which the trials that are `hidden` have never been."""

    def __init__(self, sampler: BaseSampler, hidden: Callable[[FrozenTrial], bool]) -> None:
        self.sampler = sampler
        self._hidden = hidden

    def reseed_rng(self) -> None:
        self.sampler.reseed_rng()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self.sampler.infer_relative_search_space(self._view(study), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.sampler.sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self.sampler.sample_independent(
            self._view(study), trial, param_name, param_distribution
        )

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.sampler.before_trial(self._view(study), trial)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        self.sampler.after_trial(self._view(study), trial, state, values)

    def _view(self, study: Study) -> Study:
        return _View(study, self._hidden)


class _View(Study):
    """A study as one of Optuna's samplers is to see it."""

    def __init__(self, study: Study, hidden: Callable[[FrozenTrial], bool]) -> None:
        self.__dict__.update(study.__dict__)
        self._hidden = hidden

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = super()._get_trials(deepcopy, states, use_cache)
        # Without `states` they are asked for to be found by their numbers.
        return [t for t in trials if not self._hidden(t)] if states is not None else trials
