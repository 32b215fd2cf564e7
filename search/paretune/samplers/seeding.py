"""One seed, many drivers: each draws from a stream of its own, and a resumed study goes on.

A sampler that begins anew with its seed would draw the trials again that the study has. So the
stream depends on the seed and on the first trial that a driver is asked for: its number is unique
in the study, whoever works on it. The first driver of a fresh study has the seed as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from paretune.samplers.delegating import DelegatingSampler

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def stream_seed(seed: int | None, study: Study, first: FrozenTrial) -> int | None:
    """The seed of a driver whose first trial is `first`; None leaves it to chance, as `seed`."""
    if seed is None:
        return None
    ended = len(study.get_trials(deepcopy=False, states=_ENDED))
    if first.number == 0 and ended == 0:
        return seed
    return int(np.random.SeedSequence([seed, first.number, ended]).generate_state(1)[0])


class SeededSampler(DelegatingSampler):
    """The sampler that `make` gives for a seed; made anew when its first trial tells the stream."""

    def __init__(self, make: Callable[[int | None], BaseSampler], seed: int | None) -> None:
        super().__init__(make(seed))
        self._make = make
        self._seed = seed
        self._begun = False

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        if not self._begun:
            self._begun = True
            seed = stream_seed(self._seed, study, trial)
            if seed != self._seed:
                self.sampler = self._make(seed)
        super().before_trial(study, trial)
