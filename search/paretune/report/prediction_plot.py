"""Predicted against measured, as a picture: on the diagonal a prediction was right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paretune.errors import ExportError
from paretune.extras import require
from paretune.predict.prediction_score import SPENT, PredictionRow
from paretune.report.labels import axis_label
from paretune.report.output_file import check_ending, write
from paretune.report.picture import BASELINE, FRONT, INK, PALE

_SHOWN = (SPENT, "gpu_seconds", "peak_memory_mib", "model_kib")


def draw(rows: Sequence[PredictionRow], device_kind: str, path: Path) -> None:
    """One panel a figure, logarithmic. Raises ExportError where there is nothing to draw."""
    check_ending(path)
    figures = [figure for figure in _SHOWN if any(row.figure == figure for row in rows)]
    if not figures:
        raise ExportError(
            f"{path}: no trial has a prediction and a measured cost yet", argument="path"
        )
    require("matplotlib", f"drawing {path}")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.9 * len(figures), 4.2), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(figures), squeeze=False)
    for name, ax in zip(figures, axes.flat, strict=True):
        same = [row for row in rows if row.figure == name]
        ends = [e for r in same for e in (r.measured, r.expected.median)]
        low, high = 0.8 * min(ends), 1.25 * max(ends)
        ax.plot([low, high], [low, high], color=INK, linewidth=0.8)
        for row in same:
            color = PALE if not row.is_scored else FRONT if row.inside else BASELINE
            reach = [
                [row.expected.median - row.expected.low],
                [row.expected.high - row.expected.median],
            ]
            ax.errorbar(
                row.measured,
                row.expected.median,
                yerr=reach,
                fmt="o",
                color=color,
                markersize=3.5,
                elinewidth=0.8,
            )
        ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        ax.set_xlabel(f"measured {axis_label(name, device_kind)}")
        ax.set_ylabel("predicted, with its 80 % interval")
    write(path, figure.savefig)
