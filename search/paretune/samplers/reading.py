"""How a sampler reads a study: what its trials cost, how they ended, what may be had for less."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.pareto.losses import to_losses

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExpectedLosses:
    """Where a trial that was stopped early was heading, in loss units."""

    mean: tuple[float, ...]  # (m,)
    deviation: tuple[float, ...]  # (m,)


@dataclass(frozen=True)
class Offer:
    """A configuration that costs less than its parameters say: part of it has run already."""

    params: Mapping[str, Any]
    cost: float  # of what is left of it, in the unit of `Reading.cost`


@dataclass(frozen=True)
class Reading:
    """How to read a trial. The defaults know nothing but Optuna's own values."""

    # What the trial cost, in any unit, once it has ended; None if unknown. Where trials share work:
    # what it would have cost alone, for that is what its like elsewhere in the space will cost.
    cost: Callable[[FrozenTrial], float | None] = lambda trial: None
    # Did it show whether its configuration works? One that came too late for the budget, or was
    # interrupted, did not.
    conclusive: Callable[[FrozenTrial], bool] = lambda trial: True
    # Of a trial that was stopped early; None if nobody said.
    forecast: Callable[[FrozenTrial], ExpectedLosses | None] = lambda trial: None
    # Results that came free with the trial: a training of 8 epochs has also shown what 4 give.
    free: Callable[[FrozenTrial], Sequence[tuple[Mapping[str, Any], Sequence[float]]]] = (
        lambda trial: ()
    )
    # What a configuration will cost, by somebody who knows more of costs than the first trials can
    # tell; None if nobody does. Asked for some dozens of candidates at the start of a study.
    expected_cost: Callable[[Mapping[str, Any]], float | None] = lambda params: None
    # May it be run with what is left to spend? Asked of the best candidates, the best first.
    fits: Callable[[Mapping[str, Any]], bool] = lambda params: True
    # What may be had for less than the model of the cost expects.
    offers: Callable[[Study], Sequence[Offer]] = lambda study: ()
    logarithmic: Sequence[bool] | None = None  # per objective; None: none is

    def losses(self, study: Study, values: Sequence[float]) -> Floats:
        """(m,) of an objective vector."""
        return to_losses(values, study.directions, self.logarithmic or [False] * len(values))
