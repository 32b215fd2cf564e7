"""Who watches a running study: a live screen on a terminal and in a notebook, else lines.

All that is printed is `Text`: names and messages are the user's, and no markup.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from paretune.progress.endings import ending, is_failure
from paretune.progress.live_screen import screen
from paretune.progress.notebook_cell import NotebookCell
from paretune.report.wording import spent
from paretune.study.observer import Observer, RunningTrial, StudyState
from paretune.trial.record import TrialRecord


@contextmanager
def watch(console: Console) -> Iterator[Observer]:
    """The observer that suits the console: a screen on a terminal, which is gone when the block
    ends, and stays in a notebook; lines anywhere else.
    """
    if console.is_jupyter:
        cell = NotebookCell(_notebook_output())
        try:
            yield cell
        finally:
            cell.close()
        return
    if not console.is_terminal:
        yield Lines(console)
        return
    waiting = Text("importing the framework, once for all trials", style="dim")
    with Live(waiting, console=console, auto_refresh=False, transient=True) as live:
        yield Screen(console, live)


def _notebook_output() -> Callable[[str], Any]:
    ipython: Any = importlib.import_module("IPython.display")  # there where this is called
    handle = ipython.display(ipython.HTML(""), display_id=True)
    return lambda html: handle.update(ipython.HTML(html))


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
        if is_failure(record):
            self.console.print(Text(ending(record, state), style="yellow"))
        self.tick(state)

    def tick(self, state: StudyState) -> None:
        size = self.console.size
        self.live.update(screen(state, rows=size.height, columns=size.width), refresh=True)

    def message(self, text: str) -> None:
        self.console.print(Text(text))
