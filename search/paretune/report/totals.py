"""A study's two costs, side by side and never mixed.

What its configurations are *worth* is what training, pruning and quantizing each from scratch
takes, whoever paid for it; what was *spent* is every device-second that ran, failures, start-up
and evaluation included. Shared stages make the first larger than the second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from paretune.report.labels import axis_label, number
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class Totals:
    """Of all trials of a study that have ended."""

    configurations: int  # completed
    worth_gpu_seconds: float
    spent_gpu_seconds: float
    stopped: int = 0  # given up early, or never begun for the same reason
    # GPU-seconds that this has saved, at a guess: low, median and high.
    saved_gpu_seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, records: Iterable[TrialRecord]) -> Totals:
        """Add up the trials of a study."""
        found = list(records)
        completed = [record for record in found if record.status is Status.COMPLETED]
        saved = [record.saved for record in found if record.saved is not None]
        return cls(
            stopped=len(saved),
            # As if all guesses erred alike: a sum of intervals, not the interval of a sum.
            saved_gpu_seconds=(
                sum(one["low"] for one in saved),
                sum(one["median"] for one in saved),
                sum(one["high"] for one in saved),
            ),
            configurations=len(completed),
            worth_gpu_seconds=sum(record.cost_gpu_seconds for record in completed),
            spent_gpu_seconds=sum(record.spent_gpu_seconds for record in found),
        )

    def sentence(self, device_kind: str) -> str:
        """'in all 30 configurations worth 62.10 core-seconds, for 41.30'; and what was saved."""
        plural = "" if self.configurations == 1 else "s"
        unit = axis_label("gpu_seconds", device_kind)
        worth = f"worth {number(self.worth_gpu_seconds)} {unit}"
        spent = number(self.spent_gpu_seconds)
        said = f"in all {self.configurations} configuration{plural} {worth}, for {spent}"
        if self.stopped:
            low, median, high = map(number, self.saved_gpu_seconds)
            said += f"; {self.stopped} given up early, saving about {median} ({low} to {high})"
        return said
