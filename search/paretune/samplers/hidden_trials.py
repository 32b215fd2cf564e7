"""Optuna's samplers in a study where some trials are to teach them nothing.

Four bit-widths of one training are one look at the space, not four: told all of them, TPE takes
the region of its first feasible training for four times as good as it is, and hardly leaves it.
"""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.optuna_internals import study_without
from paretune.samplers.delegating import DelegatingSampler


class HidingSampler(DelegatingSampler):
    """`sampler`, to which the trials that are `hidden` have never been."""

    def __init__(self, sampler: BaseSampler, hidden: Callable[[FrozenTrial], bool]) -> None:
        super().__init__(sampler)
        self._hidden = hidden

    def view(self, study: Study) -> Study:
        return study_without(study, self._hidden)
