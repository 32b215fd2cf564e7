"""Rows of figures with text below each, where a terminal is too narrow to have it beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import measure_renderables
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

_BESIDE = 60  # columns that the text needs beside the figures; with fewer it goes below
_INDENT = 7


@dataclass(frozen=True)
class ListedRow:
    """One line of figures, and what is said about it."""

    cells: tuple[Text, ...]
    items: tuple[str, ...]  # kept whole, as many to a line as fit
    remarks: tuple[Text, ...] = ()  # a line each


@dataclass(frozen=True)
class Listing:
    """A renderable for rich: a heading, rows under column names, a note at the foot."""

    title: str
    columns: tuple[str, ...]  # words joined by "_" stand above each other
    words: tuple[bool, ...]  # by column: words go to the left, numbers to the right
    rows: Sequence[ListedRow]
    note: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.title:
            yield Text(self.title, style="bold")
        table = self._table(gap=2, beside=False)
        width = measure_renderables(console, options, [table]).maximum
        if width + _BESIDE <= options.max_width:
            yield self._table(gap=2, beside=True)
        elif self.rows:
            wide = console.render_lines(
                table if width < options.max_width else self._table(gap=1, beside=False), options
            )
            head = len(wide) - len(self.rows)  # every row is one line: its columns never wrap
            yield from _lines(wide[:head])
            for line, row in zip(wide[head:], self.rows, strict=True):
                yield from _lines([line])
                about = [_flow(row.items, options.max_width - _INDENT), *row.remarks]
                for text in about:
                    yield Padding(text, (0, 0, 0, _INDENT))
        yield Text(self.note, style="dim")

    def _table(self, *, gap: int, beside: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0))
        for column, words in zip(self.columns, self.words, strict=True):
            table.add_column(
                column.replace("_", "\n"),
                justify="left" if words else "right",
                no_wrap=True,
                vertical="top",
            )
        if beside:
            table.add_column("configuration", overflow="fold")
        for row in self.rows:
            about = Text("\n").join([_flow(row.items, _BESIDE), *row.remarks])
            table.add_row(*row.cells, *([about] if beside else []))
        return table


def _flow(items: Sequence[str], width: int) -> Text:
    lines: list[str] = [""]
    for position, item in enumerate(items):
        piece = item if position == len(items) - 1 else f"{item},"
        if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}".lstrip()
    return Text("\n".join(lines), style="dim")


def _lines(lines: Sequence[Sequence[Segment]]) -> RenderResult:
    for line in lines:
        yield from line
        yield Segment.line()
