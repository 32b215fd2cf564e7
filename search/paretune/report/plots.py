"""The front as a picture: a file, or a figure for a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from paretune.errors import ExportError
from paretune.extras import require
from paretune.report import RecordedStudy
from paretune.report.output_file import check_ending, write
from paretune.report.panels import groups_of

if TYPE_CHECKING:
    from paretune.report.front_figure import FrontFigure


def draw(study: RecordedStudy, path: Path) -> None:
    """Draw the study's front. Raises ExportError where there is nothing, or nowhere, to draw."""
    check_ending(path)
    _check_drawable(study)
    require("matplotlib", f"drawing {path}")
    from paretune.report import picture

    write(path, lambda file: picture.save(study, file))


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
