"""What rich would draw on a terminal, as text and as HTML for a notebook."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

COLUMNS = 100
_FORMAT = '<pre style="line-height: normal; overflow-x: auto">{code}</pre>'


def as_text(renderable: RenderableType, columns: int = COLUMNS) -> str:
    """Lines of so many columns at most, without colours."""
    return _drawn(renderable, columns).export_text().rstrip("\n")


def as_html(renderable: RenderableType, columns: int = COLUMNS) -> str:
    """A `<pre>` of so many columns at most, its colours in the text itself."""
    return _drawn(renderable, columns).export_html(inline_styles=True, code_format=_FORMAT)


def _drawn(renderable: RenderableType, columns: int) -> Console:
    console = Console(
        file=io.StringIO(),
        record=True,
        width=columns,
        force_jupyter=False,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(renderable)
    return console
