"""A study's two costs, side by side and never mixed, and where the second one went.

What its configurations take *from scratch* is the training, pruning and quantizing of each, whoever
paid for it; what was *spent* is every device-second that ran, failures, start-up and evaluation
included. Shared stages make the first larger than what was spent on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from paretune.measure import OVERHEAD_PHASES
from paretune.report.labels import axis_label, number
from paretune.report.wording import counted
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class Totals:
    """Of all trials of a study that have ended, in GPU-seconds.

    What was spent is the sum of three: `trained`, `overhead` and `wasted`.
    """

    trials: int
    configurations: int  # completed
    worth_gpu_seconds: float  # of the completed configurations, from scratch
    spent_gpu_seconds: float
    trained_gpu_seconds: float = 0.0  # of what was spent: on configurations that completed
    overhead_gpu_seconds: float = 0.0  # start, set-up, storing and scoring, of whatever trial
    wasted_gpu_seconds: float = 0.0  # the rest: trials that did not complete, lost attempts
    stopped: int = 0  # given up early, or never begun for the same reason
    # GPU-seconds that this has saved, at a guess: low, median and high.
    saved_gpu_seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, records: Iterable[TrialRecord]) -> Totals:
        """Add up the trials of a study."""
        found = [record for record in records if record.status is not None]
        completed = [record for record in found if record.status is Status.COMPLETED]
        saved = [record.saved for record in found if record.saved is not None]
        worth = sum(record.cost_gpu_seconds for record in completed)
        spent = sum(record.spent_gpu_seconds for record in found)
        trained = worth - sum(
            phase.gpu_seconds for record in completed for phase in record.reused.values()
        )
        overhead = sum(
            phase.gpu_seconds
            for record in found
            for name, phase in record.phases.items()
            if name in OVERHEAD_PHASES
        )
        return cls(
            trials=len(found),
            stopped=len(saved),
            # As if all guesses erred alike: a sum of intervals, not the interval of a sum.
            saved_gpu_seconds=(
                sum(one["low"] for one in saved),
                sum(one["median"] for one in saved),
                sum(one["high"] for one in saved),
            ),
            configurations=len(completed),
            worth_gpu_seconds=worth,
            spent_gpu_seconds=spent,
            trained_gpu_seconds=trained,
            overhead_gpu_seconds=overhead,
            wasted_gpu_seconds=max(spent - trained - overhead, 0.0),
        )

    def lines(self, device_kind: str, budget: float | None = None) -> tuple[str, ...]:
        """Sentences of what was spent and where it went, and of what was saved by what.

        `budget` is in GPU-seconds, for the whole study.
        """
        unit = axis_label("gpu_seconds", device_kind)
        ours = counted(self.configurations, "configuration")
        parts = [
            (self.trained_gpu_seconds, f"on {ours}"),
            (self.overhead_gpu_seconds, "on start, set-up and scoring"),
            (self.wasted_gpu_seconds, "on trials that did not complete"),
        ]
        went = ", ".join(f"{number(part)} {what}" for part, what in parts if part > 0)
        of = "" if budget is None else f" of {number(budget)}"
        paid = f"spent {number(self.spent_gpu_seconds)}{of} {unit}"
        spent = f"{paid} on {counted(self.trials, 'trial')}"
        said = [f"{spent}: {went}" if went else spent]
        shared = self.worth_gpu_seconds - self.trained_gpu_seconds
        if shared > 0:
            said.append(
                f"sharing stages saved {number(shared)} of the {number(self.worth_gpu_seconds)} "
                f"that {ours} {'takes' if self.configurations == 1 else 'take'} from scratch"
            )
        if self.stopped:
            low, median, high = map(number, self.saved_gpu_seconds)
            said.append(
                f"giving up {counted(self.stopped, 'trial')} early saved about {median} "
                f"({low} to {high})"
            )
        return tuple(said)

    def sentence(self, device_kind: str) -> str:
        """The same in one line."""
        return "; ".join(self.lines(device_kind))
