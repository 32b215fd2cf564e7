"""The live screen in the output of a notebook's cell, renewed in place; it stays when all is done.

IPython's own display is enough for that: no widgets, so that it also shows in a saved notebook.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from paretune.progress.endings import ending, is_failure
from paretune.progress.live_screen import screen
from paretune.progress.rendered import COLUMNS, as_html
from paretune.study.observer import RunningTrial, StudyState
from paretune.trial.record import TrialRecord

EVERY_SECONDS = 0.5  # a browser is slower than a terminal
ROWS = 30
_LINES = 8  # of messages that are shown


class NotebookCell:
    """Watches a study for the cell that runs it. `show(html)` puts it in place of what is there."""

    def __init__(
        self, show: Callable[[str], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._show = show
        self._clock = clock
        self._shown_at = -EVERY_SECONDS
        self._state: StudyState | None = None
        self._lines: list[str] = []
        self._render()

    def started(self, trial: RunningTrial) -> None:
        pass

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        if is_failure(record):
            self._lines.append(ending(record, state))
        self.tick(state)

    def tick(self, state: StudyState) -> None:
        self._state = state
        if self._clock() - self._shown_at >= EVERY_SECONDS:
            self._render()

    def message(self, text: str) -> None:
        self._lines.append(text)
        self._render()

    def close(self) -> None:
        """Show where the study stands at the end."""
        self._render()

    def _render(self) -> None:
        self._shown_at = self._clock()
        parts: list[RenderableType] = [Text(line) for line in self._lines[-_LINES:]]
        if self._state is None:
            parts.append(Text("importing what the trials need, once for all of them", style="dim"))
        else:
            parts.append(screen(self._state, rows=ROWS, columns=COLUMNS))
        self._show(as_html(Group(*parts)))
