"""What a terminal would show, as text and for a notebook."""

from __future__ import annotations

from paretune.progress.rendered import as_html, as_text
from rich.table import Table
from rich.text import Text


def test_text_is_plain_and_no_wider_than_asked() -> None:
    """No colours, and lines are broken where they are too long."""
    shown = as_text(Text("a word " * 20, style="red"), columns=30)
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 30


def test_html_has_its_colours_in_itself() -> None:
    """A notebook keeps no style sheet for it; what was written is no markup."""
    shown = as_html(Text("<b>[bold]", style="#ff0000"))
    assert shown.startswith("<pre")
    assert "color: #ff0000" in shown
    assert "&lt;b&gt;[bold]" in shown


def test_tables_are_drawn_whole() -> None:
    """Every cell, in as many columns as there are."""
    table = Table("name", "value")
    table.add_row("bits", "8")
    assert all(word in as_text(table) for word in ("name", "value", "bits", "8"))
