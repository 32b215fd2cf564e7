"""What a stopper is told, and what it answers.

A stopper is told how far a trial is (`TrialProgress`) after every epoch, and answers with a
`Verdict` if the trial should end, else None. Optuna has no such thing for several objectives
(`Trial.report` raises), so the study loop asks it itself. On a verdict the loop

    1. ends the trial at its next report, and bills what it has cost,
    2. stores `verdict.forecast` where the sampler's `Reading.forecast` finds it,
    3. tells Optuna the state PRUNED, never the partial values as if they were final.

The stopper learns how curves go on from the trials that were completed: the loop stores their
curves where `StudyView.curve` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial

from paretune.samplers.reading import ExpectedLosses
from paretune.samplers.surrogate import Surrogates

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


@dataclass(frozen=True)
class StudyView:
    """What a stopper may know of the study that a trial belongs to."""

    study: Study
    objectives: tuple[str, ...]  # m names, in the study's order, as curves use them
    # Of the cost-aware sampler, or the stopper's own beside any other.
    surrogates: Surrogates
    # The curve of a completed trial and its costs, like those of `TrialProgress`; None: not known.
    curve: Callable[[FrozenTrial], tuple[Curve, Sequence[float]] | None]
    # The greatest loss of each objective that the study's constraints allow; None: no bounds.
    bounds: Sequence[float] | None = None  # (m,)


@runtime_checkable
class Stopper(Protocol):
    """Judges running trials. What it knows it reads from the study, so that it can be resumed."""

    def should_stop(self, view: StudyView, progress: TrialProgress) -> Verdict | None:
        """Why and with what forecast the trial should end now, or not begin; None if it should."""
        ...


class NoStopper:
    """Lets every trial run to its end."""

    def should_stop(self, view: StudyView, progress: TrialProgress) -> Verdict | None:
        return None
