"""Rows of figures at any width of a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from paretune.report import tables
from rich.console import Console
from views import point, study, usual


def printed(renderable: Any, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, legacy_windows=False)
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_figure_is_whole_at_any_width(width: int) -> None:
    """No line is wider than the terminal and no figure, name or setting is cut or broken."""
    for text in (
        printed(tables.front_table(usual()), width),
        printed(tables.trials_table(usual()), width),
    ):
        assert max(len(line) for line in text.splitlines()) <= width
        for whole in ("0.9800", "100.0", "340.0", "compressed", "bits 32", "core-seconds"):
            assert whole in text
        assert "…" not in text


def test_settings_stand_below_or_beside() -> None:
    """A narrow terminal has a trial's settings in a line below it, a wide one beside it."""
    narrow = printed(tables.front_table(usual())).splitlines()
    row = next(i for i, line in enumerate(narrow) if line.startswith("0 b1"))
    assert narrow[row + 1].strip() == "bits 32"
    wide = printed(tables.front_table(usual()), 160).splitlines()
    assert any(line.startswith("0 b1") and line.rstrip().endswith("bits 32") for line in wide)


def test_settings_break_only_between_items() -> None:
    """A name and its value are never on two lines."""
    params = {f"parameter_number_{i}": i for i in range(20)}
    made = study([point(0, 0.9, 1.0, 1.0, 1.0, params=params)])
    text = printed(tables.front_table(made))
    for name, value in params.items():
        assert f"{name} {value}" in text
