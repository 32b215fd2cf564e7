"""Configurations that share one measurement of a stage: its error is theirs together.

Four bit-widths of one training have one measurement of what the training cost. Whichever of them is
cheaper does not hang on the error of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paretune.front.measured_configurations import MeasuredConfiguration
from paretune.front.repeats import main_stages
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class Families:
    """Of k configurations.

    Attributes:
        of: (k,) of which family each is, from 0.
        shares: (k,) the share of its cost that the family has measured once, 0 to 1.
    """

    of: NDArray[np.intp]
    shares: NDArray[np.float64]

    @classmethod
    def find(cls, configurations: Sequence[MeasuredConfiguration]) -> Families:
        """Families by the stage that makes up most of the cost; of one member the share is 0."""
        ids: dict[object, int] = {}
        stages = [_largest(configuration.trials[0]) for configuration in configurations]
        of = [ids.setdefault(stage[0] or object(), len(ids)) for stage in stages]
        sizes = np.bincount(of, minlength=1) if of else np.zeros(0, dtype=np.intp)
        shares = [
            share if sizes[family] > 1 else 0.0
            for (_, share), family in zip(stages, of, strict=True)
        ]
        return cls(np.array(of, dtype=np.intp), np.array(shares))


def _largest(trial: TrialRecord) -> tuple[tuple[str, float] | None, float]:
    """The main stage of a trial, by name and cost, and its share of the trial's cost."""
    total = trial.cost.gpu_seconds
    stages = [*main_stages(trial, trial.phases), *main_stages(trial, trial.reused)]
    if not stages or total <= 0:
        return None, 0.0
    stage = max(stages, key=lambda found: found[1])
    return stage, min(stage[1] / total, 1.0)
