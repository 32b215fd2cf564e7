"""The live screen of a running study, as one rich renderable of 80 columns or more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from paretune.execute import Place
from paretune.report.labels import number
from paretune.report.wording import counted, duration, listed, spent, statuses
from paretune.study.observer import RunningTrial, StudyState
from paretune.trial.record import TrialRecord

_WITHOUT_DEVICES = {
    Place.LINE: "waiting for a CPU core",
    Place.CORE: "compressing on a CPU core",
}
_LABEL, _BAR = 7, 24  # columns
_SHORTEST_FRONT = 3
_TRIAL, _FIGURE = 18, 6  # columns of a trial's name and of a figure, at least


def screen(state: StudyState, *, rows: int, columns: int) -> RenderableType:
    """Everything about `state` in at most `rows` lines (8 at least) of `columns` columns."""
    running = list(state.running)
    # Title, two bars, two blank lines, the front's title and head, and the cursor's own line.
    heads = _heads(state.objectives, columns)
    further = max(head.count("\n") for head in heads) if state.front else 0
    left = max(rows - 8 - further, _SHORTEST_FRONT + 1)
    shown = running[: max(left - _SHORTEST_FRONT, 1)]
    front = _front(state, heads, left - len(shown), columns)
    return Group(
        _title(state),
        _bars(state, columns),
        _running(shown, begun=bool(state.finished)),
        Text(),
        front,
    )


def _title(state: StudyState) -> Text:
    left = "" if state.left_seconds is None else f", about {duration(state.left_seconds)} left"
    return Text.assemble(
        (state.name, "bold"),
        f" on {state.devices} x {state.device_kind} "
        f"({state.leased} leased, {counted(len(state.running), 'trial')}), ",
        f"{duration(state.wall_seconds)} so far{left}",
        no_wrap=True,
        overflow="ellipsis",
    )


def _bars(state: StudyState, columns: int) -> Table:
    grid = Table.grid(padding=(0, 1))
    beside = columns - _LABEL - _BAR - 2
    for width in (_LABEL, _BAR, beside):
        grid.add_column(width=width, no_wrap=True, overflow="ellipsis")
    grid.add_row(
        "budget",
        _bar(state.spent_gpu_seconds, state.budget_gpu_seconds),
        spent(state.spent_gpu_seconds, state.budget_gpu_seconds, state.device_kind),
    )
    ended = sum(state.finished.values())
    of = "" if state.budget_trials is None else f" of {state.budget_trials}"
    grid.add_row(
        "trials", _bar(ended, state.budget_trials), _fitted(f"{ended}{of}", state.finished, beside)
    )
    return grid


def _fitted(said: str, finished: Mapping[str, int], columns: int) -> str:
    """'28 of 80: 20 stopped, 6 other': the commonest ends by name, as many as there is room for."""
    ends = sorted(finished.items(), key=lambda item: -item[1])
    for named in range(len(ends), 0, -1):
        others = sum(count for _, count in ends[named:])
        told = statuses(dict(ends[:named])) + (f", {others} other" if others else "")
        if len(said) + 2 + len(told) <= columns:
            return f"{said}: {told}"
    return said


def _bar(done: float, total: float | None) -> RenderableType:
    if total is None:
        return Text("no limit", style="dim")
    return ProgressBar(total=total, completed=min(done, total), width=_BAR)


def _running(trials: Sequence[RunningTrial], *, begun: bool) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=_LABEL, no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    if not trials:
        grid.add_row("running", Text("nothing" if begun else "nothing yet", style="dim"))
    for position, trial in enumerate(trials):
        grid.add_row("" if position else "running", _progress(trial))
    return grid


def _progress(trial: RunningTrial) -> str:
    mark = "" if trial.baseline is None else f" baseline {trial.baseline}"
    epoch = "starting" if trial.epoch is None else f"epoch {trial.epoch}"
    epoch = _WITHOUT_DEVICES.get(trial.place, epoch)
    metrics = f", {listed(trial.metrics)}" if trial.metrics else ""
    return f"#{trial.number}{mark} {epoch}, {number(trial.gpu_seconds)} gpu_seconds{metrics}"


def _front(state: StudyState, heads: Sequence[str], rows: int, columns: int) -> RenderableType:
    if not state.front:
        return Text("No trial is on the front yet.", style="dim")
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        title=f"Pareto front: {counted(len(state.front), 'configuration')}",
        title_justify="left",
        title_style="bold",
        width=min(columns, 100),
    )
    table.add_column("trial", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", overflow="fold")
    for record in state.front[:rows]:
        table.add_row(*_cells(record, state.objectives), style=_style(record))
    hidden = len(state.front) - rows
    if hidden > 0:
        table.caption = f"and {hidden} more"
        table.caption_justify = "left"
    return table


def _heads(names: Sequence[str], columns: int) -> list[str]:
    """The objectives' names side by side, or, where they are too long, word below word."""
    whole = _TRIAL + sum(max(len(name), _FIGURE) + 2 for name in names)
    return list(names) if whole <= columns else [name.replace("_", "\n") for name in names]


def _cells(record: TrialRecord, objectives: Sequence[str]) -> list[str]:
    mark = "" if record.baseline is None else f" baseline {record.baseline}"
    values = record.values or {}
    return [f"#{record.number}{mark}", *(number(values[name]) for name in objectives)]


def _style(record: TrialRecord) -> str | None:
    return None if record.baseline is None else "cyan"
