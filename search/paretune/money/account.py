"""What a study has paid and promised: by trials that have ended, that run here, that run elsewhere.

Drivers of one study see each other's trials through the storage. Each tells of the bill so far; in
between a trial elsewhere is taken to have gone on at its devices' full rate, up to what its driver
has allowed it. So much it may spend although that driver is stopped, and is taken to after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from paretune.money.budget import Committed
from paretune.predict.running_cost import RunningCost
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Prediction

LONGEST_SILENCE = 5.0  # of a driver: what it has not told of by then is not counted on
STOPPED_SECONDS = 15.0  # of silence of one that lives: its trials spend what it has allowed them


@dataclass(frozen=True)
class TrialElsewhere:
    """A running trial of another driver, as that one last told of it."""

    paid: float  # GPU-seconds
    at: float  # when that was, CLOCK_MONOTONIC seconds of this machine
    devices: int
    promised: float  # GPU-seconds in all, predicted
    # GPU-seconds in all at which it is ended, whatever its driver does; None: that is not known,
    # or the driver is dead, and the trial with it.
    allowed: float | None = None

    def committed(self, now: float) -> Committed:
        """Paid and reserved by now, had it gone on at its devices' full rate."""
        since = max(now - self.at, 0.0)
        if self.allowed is None:
            paid = self.paid + self.devices * min(since, LONGEST_SILENCE)
        elif since > STOPPED_SECONDS:  # it will not be allowed less any more
            paid = max(self.allowed, self.paid)
        else:
            paid = min(self.paid + self.devices * since, max(self.allowed, self.paid))
        return Committed(paid, max(self.promised - paid, 0.0))

    def devices_at(self, now: float) -> int:
        """That it may hold still, beside what it is taken to have paid."""
        is_over = self.allowed is not None and self.committed(now).spent >= self.allowed
        return 0 if is_over else self.devices


@dataclass
class Account:
    """GPU-seconds, as one driver knows them."""

    clock: Callable[[], float] = time.monotonic
    ended: float = 0.0  # by ended trials, whoever ran them
    elsewhere: Sequence[TrialElsewhere] = ()
    begun: dict[int, RunningCost] = field(default_factory=dict)  # here, by trial: not yet ended

    def reserve(self, number: int, prediction: Prediction, configuration: Configuration) -> None:
        """A trial is to begin, or has: what it is predicted to pay is promised."""
        self.begun[number] = RunningCost(prediction, configuration.params)

    @property
    def committed(self) -> Committed:
        """Of the whole study."""
        own = self.begun.values()
        # A wild guess reserves nothing: it would only keep devices idle. The limit holds anyway.
        promised = sum(cost.remaining() for cost in own if not cost.predicted.is_guess)
        paid = self.ended + sum(cost.spent for cost in own)
        others = [trial.committed(self.clock()) for trial in self.elsewhere]
        return Committed(
            paid + sum(other.spent for other in others),
            promised + sum(other.reserved for other in others),
        )

    @property
    def holding(self) -> Mapping[int, RunningCost]:
        """Those that have begun here and hold devices, or are about to."""
        return {number: cost for number, cost in self.begun.items() if not cost.is_paid}

    @property
    def devices_elsewhere(self) -> int:
        """That other drivers' running trials hold."""
        return sum(trial.devices_at(self.clock()) for trial in self.elsewhere)

    def one_ends_within(self, gpu_seconds: float) -> bool:
        """Is some trial here predicted to end soon?"""
        totals = [(cost, cost.total()) for cost in self.holding.values()]
        return any(
            total is not None and total.median - cost.spent < gpu_seconds
            for cost, total in totals
            if not cost.predicted.is_guess
        )
