"""A figure that needs neither a display nor a backend."""

from __future__ import annotations

from pathlib import Path

from paretune.report.front_figure import FrontFigure

PNG = b"\x89PNG"


def test_it_is_drawn_for_a_notebook_and_for_a_file(tmp_path: Path) -> None:
    """By itself, whichever backend is chosen, and in its own size."""
    figure = FrontFigure(4.0, 3.0)
    figure.subplots().plot([1, 2], [2, 1])
    assert figure._repr_png_().startswith(PNG)
    figure.savefig(tmp_path / "front.png")
    assert (tmp_path / "front.png").read_bytes().startswith(PNG)
    assert tuple(figure.get_size_inches()) == (4.0, 3.0)
