"""What the engine asks of a sampler beside Optuna's `BaseSampler`; every capability is optional.

A sampler has a capability if it has the member that the protocol names: no base class, no
registration. `CostAwareSampler` has all three; Optuna's own samplers have none, and work as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from optuna.distributions import BaseDistribution
from optuna.study import Study

from paretune.samplers.reading import Reading
from paretune.samplers.surrogate import Surrogates
from paretune.samplers.warm_start import EarlierStudy


@runtime_checkable
class ReadsCosts(Protocol):
    """Weighs what a trial costs, and takes what is nearly free (`Reading.offers`) by itself.

    For a sampler without it the loop puts nearly free configurations in line.
    """

    def bind(
        self,
        reading: Reading,
        *,
        limit: Callable[[Study], float],
        space: Mapping[str, BaseDistribution] | None,
        earlier_studies: Sequence[EarlierStudy],
    ) -> None:
        """Told once, before the first trial is asked for: how the study is read (`reading`), the
        most that the next trial may cost, the whole space, and earlier studies to begin from.
        """
        ...


@runtime_checkable
class SharesModel(Protocol):
    """Models the objectives, and lets the stopper use that model; else the stopper has its own."""

    @property
    def surrogates(self) -> Surrogates: ...


@runtime_checkable
class ExpectsGain(Protocol):
    """Knows what its last suggestion promised: `[search] least_gain` may end the study for it."""

    @property
    def expected_gain(self) -> float | None:
        """Share by which the hypervolume should grow if as much is spent again; None: not known."""
        ...
