"""The front as a .png or .svg, drawn by matplotlib without a display."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from paretune.report import RecordedStudy
from paretune.report.label_places import Label, place
from paretune.report.panels import Axis, Groups, Panel, coordinate, headline, panels_of, told_apart
from paretune.trial.record import TrialRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paretune.report.front_figure import FrontFigure

# Okabe and Ito's palette: told apart by colour-blind readers too.
FRONT, SOFT, BASELINE, PALE, INK = "#0072B2", "#8CBFE3", "#D55E00", "#C4C8CE", "#333333"


def save(study: RecordedStudy, path: Path) -> None:
    """Draw the study's front to `path`. Raises OSError where it cannot be written."""
    figure = figure_of(study)
    with warnings.catch_warnings():  # a name in letters that the font lacks is drawn as boxes
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(path)


def figure_of(study: RecordedStudy) -> FrontFigure:
    """The front of a study, a panel for each objective but the first."""
    from paretune.report.front_figure import FrontFigure

    panels, groups = panels_of(study), told_apart(study)
    columns = 2 if len(panels) == 4 else len(panels)
    rows = -(-len(panels) // columns)
    width = 6.4 if columns == 1 else 4.1 * columns
    figure = FrontFigure(width, 3.9 * rows + 0.6)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    legend: dict[str, Any] = {}
    for position, (panel, ax) in enumerate(zip(panels, axes.flat, strict=True)):
        _draw(ax, panel, groups)
        if position % columns == 0:
            ax.set_ylabel(panel.y.label, parse_math=False)
        handles, labels = ax.get_legend_handles_labels()
        legend |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(legend.values()),
        list(legend),
        loc="outside lower center",
        ncols=len(legend),
        frameon=False,
        fontsize=9,
    )
    figure.suptitle("\n".join(headline(study)), fontsize=10, color=INK)
    figure.draw_without_rendering()  # only now is it known where everything is
    for panel, ax in zip(panels, axes.flat, strict=True):
        drawn = (*groups.front, *groups.baselines, *groups.dominated, *groups.outside)
        shown = [_at(entry, panel) for entry in drawn if panel.shows(entry)]
        place(ax, _labels(panel, groups), shown, panel.corners)
    return figure


def _draw(ax: Axes, panel: Panel, groups: Groups) -> None:
    ax.set(xlim=panel.x.limits, ylim=panel.y.limits)
    ax.set_xlabel(panel.x.label, parse_math=False)  # a dollar sign in a name is one
    ax.grid(visible=True, color="#ECEEF0", linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for axis, direction in ((panel.x, ax.xaxis), (panel.y, ax.yaxis)):
        if axis.log:
            _log_scale(direction, axis)
    for axis, line in ((panel.x, ax.axvline), (panel.y, ax.axhline)):
        if axis.bound is not None and axis.limits[0] <= axis.bound <= axis.limits[1]:
            line(axis.bound, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label="constraint")
    if panel.stairs:
        xs, ys = zip(*panel.stairs, strict=True)
        where: Literal["post", "pre"] = "post" if panel.stairs_rise_after else "pre"
        ax.step(xs, ys, where=where, color=FRONT, linewidth=1.4, alpha=0.75)
    best = [entry for entry in groups.front if panel.on_stairs(entry)]
    others = [entry for entry in groups.front if not panel.on_stairs(entry)]
    _scatter(ax, panel, groups.outside, "outside constraints", marker="x", color=PALE, size=22)
    _scatter(ax, panel, groups.dominated, "dominated", marker="o", color=PALE, size=22)
    _scatter(ax, panel, others, "front, for another objective", marker="o", color=SOFT, size=26)
    _scatter(ax, panel, best, "front", marker="o", color=FRONT, size=38)
    _scatter(ax, panel, groups.baselines, "baseline", marker="D", color=BASELINE, size=44)


def _log_scale(direction: Any, axis: Axis) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

    direction.axes.set(**{f"{direction.axis_name}scale": "log"})
    direction.set_major_locator(FixedLocator(axis.ticks))
    direction.set_major_formatter(FixedFormatter([f"{tick:,g}" for tick in axis.ticks]))
    direction.set_minor_formatter(NullFormatter())


def _labels(panel: Panel, groups: Groups) -> list[Label]:
    """Baselines by name, then the best of the panel by number."""
    baselines = [
        Label(_at(entry, panel), f"baseline {entry.baseline}", BASELINE, needed=True)
        for entry in groups.baselines
        if panel.shows(entry)
    ]
    best = [entry for entry in groups.front if panel.on_stairs(entry) and entry.baseline is None]
    return [*baselines, *(Label(_at(entry, panel), str(entry.number), INK) for entry in best)]


def _at(entry: TrialRecord, panel: Panel) -> tuple[float, float]:
    return coordinate(entry, panel.x.figure), coordinate(entry, panel.y.figure)


def _scatter(
    ax: Axes,
    panel: Panel,
    entries: Sequence[TrialRecord],
    label: str,
    *,
    marker: str,
    color: str,
    size: int,
) -> None:
    points = [_at(entry, panel) for entry in entries if panel.shows(entry)]
    if points:
        xs, ys = zip(*points, strict=True)
        ax.scatter(xs, ys, s=size, marker=marker, color=color, label=label, zorder=3, linewidths=1)
