"""Optuna's samplers in a study where some trials are to teach them nothing.

Four bit-widths of one training are one look at the space, not four: told all of them, TPE takes
the region of its first feasible training for four times as good as it is, and hardly leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, cast

from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from paretune.samplers.delegating import DelegatingSampler


class HidingSampler(DelegatingSampler):
    """`sampler`, to which the trials that are `hidden` have never been."""

    def __init__(self, sampler: BaseSampler, hidden: Callable[[FrozenTrial], bool]) -> None:
        super().__init__(sampler)
        self._hidden = hidden

    def view(self, study: Study) -> Study:
        return cast(Study, _StudyWithout(study, self._hidden))


class _StudyWithout:
    """A study in all but the trials that are hidden."""

    def __init__(self, study: Study, hidden: Callable[[FrozenTrial], bool]) -> None:
        self._study = study
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.get_trials()

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return self._get_trials(deepcopy, states)

    # Optuna's own samplers call this one.
    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = self._study._get_trials(deepcopy, states, use_cache)
        # Without `states` they are asked for to be found by their numbers.
        return [t for t in trials if not self._hidden(t)] if states is not None else trials
