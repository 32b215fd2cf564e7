"""When to give up on a trial that runs: early stopping for any number of objectives.

A stopper is told how far a trial is (`TrialProgress`) after every epoch, and answers with a
`Verdict` if the trial should end, else None. Optuna has no such thing for several objectives
(`Trial.report` raises), so the study loop asks it itself. On a verdict the loop

    1. ends the trial at its next report, and bills what it has cost,
    2. stores `verdict.forecast` where the sampler's `Reading.forecast` finds it,
    3. tells Optuna the state PRUNED, never the partial values as if they were final.

The stopper learns how curves go on from the trials that were completed: the loop stores their
curves where `curve` (of `make`) finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.errors import SearchError
from paretune.samplers.surrogate import ExpectedLosses, Surrogates

NAMES = ("front", "none")

# Per epoch: objective name -> what its value would be if the training ended there. An objective
# that is not known yet (a latency) is left out; one that is known from the start (a size) is not.
Curve = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class TrialProgress:
    """A running trial, after an epoch; or one that has not begun, with an empty curve."""

    params: Mapping[str, Any]
    curve: Curve
    costs: Sequence[float]  # spent up to the end of each epoch, in the unit of `Reading.cost`
    epochs: int  # of the whole training
    limit: float = np.inf  # the most the whole trial may cost
    # Mean and deviation of an objective's final loss, where something else than the curve tells.
    known: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    # Mean and deviation of the log of the whole trial's cost, instead of extrapolating `costs`.
    whole: tuple[float, float] | None = None


@dataclass(frozen=True)
class Verdict:
    """The trial should end."""

    reason: str  # one line, for people
    forecast: ExpectedLosses  # where it was heading


class Stopper(Protocol):
    """Judges running trials. What it knows it reads from the study, so that it can be resumed."""

    def should_stop(self, study: Study, progress: TrialProgress) -> Verdict | None:
        """Why and with what forecast the trial should end now, or not begin; None if it should."""
        ...


class Never:
    """Lets every trial run to its end."""

    def should_stop(self, study: Study, progress: TrialProgress) -> Verdict | None:
        return None


def make(
    name: str,
    *,
    objectives: Sequence[str],
    surrogates: Surrogates,
    curve: Callable[[FrozenTrial], tuple[Curve, Sequence[float]] | None],
    bounds: Sequence[float] | None = None,
) -> Stopper:
    """The stopper `name`.

    `objectives` are the names that curves use, in the study's order; `curve` gives the (curve,
    costs) of a completed trial, or None; `surrogates` are those of the cost-aware sampler, or new
    ones beside any other; `bounds` is the largest loss of each objective that the study's
    constraints allow. Raises SearchError for an unknown name.
    """
    from paretune.stoppers.front_stopper import FrontStopper

    if name == "none":
        return Never()
    if name == "front":
        return FrontStopper(objectives, surrogates, curve, bounds=bounds)
    raise SearchError(f'stopper "{name}" is unknown: choose one of {", ".join(NAMES)}')
