"""Who watches a running study: a live screen on a terminal, a line a trial anywhere else.

All that is printed is `Text`: names and messages are the user's, and no markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.text import Text

from paretune.progress.live_screen import screen
from paretune.report.wording import listed, spent, trial_name
from paretune.study.observer import Observer, RunningTrial, StudyState
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord


@contextmanager
def watch(console: Console) -> Iterator[Observer]:
    """The observer that suits the console; its screen is gone when the block ends."""
    if not console.is_terminal:
        yield Lines(console)
        return
    waiting = Text("importing the framework, once for all trials", style="dim")
    with Live(waiting, console=console, auto_refresh=False, transient=True) as live:
        yield Screen(console, live)


@dataclass
class Lines:
    """A line for every trial that has ended."""

    console: Console

    def started(self, trial: RunningTrial) -> None:
        pass

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        bill = spent(state.spent_gpu_seconds, state.budget_gpu_seconds, state.device_kind)
        # A log keeps its lines whole, however wide the reader's screen is.
        self.console.print(Text(f"{ending(record, state)}; {bill}"), soft_wrap=True)

    def tick(self, state: StudyState) -> None:
        pass

    def message(self, text: str) -> None:
        self.console.print(Text(text), soft_wrap=True)


@dataclass
class Screen:
    """The study at a glance, renewed in place; what went wrong scrolls away above it."""

    console: Console
    live: Live

    def started(self, trial: RunningTrial) -> None:
        pass

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        if record.status is not Status.COMPLETED and record.status is not Status.STOPPED:
            self.console.print(Text(ending(record, state), style="yellow"))
        self.tick(state)

    def tick(self, state: StudyState) -> None:
        size = self.console.size
        self.live.update(screen(state, rows=size.height, columns=size.width), refresh=True)

    def message(self, text: str) -> None:
        self.console.print(Text(text))


def ending(record: TrialRecord, state: StudyState) -> str:
    """How a trial ended, in one line: its values, or the reason and the log."""
    name = trial_name(record.number, record.baseline)
    status = "running" if record.status is None else record.status.value.replace("_", " ")
    if record.values is not None:
        fronts = any(member.number == record.number for member in state.front)
        mark = ", on the front" if fronts else "" if record.feasible else ", breaks a constraint"
        return f"{name} {status}: {listed(record.values)}{mark}"
    log = f" (log: {record.log})" if record.log else ""
    return f"{name} {status}: {record.error or 'no reason given'}{log}"
