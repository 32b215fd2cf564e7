"""The front as a picture, or as a page to explore; the file's ending decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from paretune.errors import ExportError
from paretune.extras import require
from paretune.report import RecordedStudy
from paretune.report.panels import groups_of

if TYPE_CHECKING:
    from paretune.report.front_figure import FrontFigure

_ENDINGS = (".png", ".svg", ".html")


def draw(study: RecordedStudy, path: Path) -> None:
    """Draw the study's front. Raises ExportError where there is nothing, or nowhere, to draw."""
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ExportError(
            f"{path}: the ending says what to draw: {', '.join(_ENDINGS)}", argument="path"
        )
    _check_drawable(study)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".html":
            require("plotly", f"drawing {path}")
            from paretune.report import html_page

            html_page.save(study, path)
        else:
            require("matplotlib", f"drawing {path}")
            from paretune.report import picture

            picture.save(study, path)
    except OSError as problem:
        raise ExportError(
            f"{path}: cannot be written: {problem.strerror}", argument="path"
        ) from None


def figure(study: RecordedStudy) -> FrontFigure:
    """The front as a figure of matplotlib. Raises ExportError where there is nothing to draw."""
    _check_drawable(study)
    require("matplotlib", "plot")
    from paretune.report import picture

    return picture.figure_of(study)


def _check_drawable(study: RecordedStudy) -> None:
    groups = groups_of(study)
    if not (groups.front or groups.dominated or groups.outside):
        raise ExportError(
            f"study {study.spec.name!r} has nothing to draw: no trial has completed yet"
        )
