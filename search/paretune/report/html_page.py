"""The front as an .html page of its own: every trial's parameters under the pointer.

The page carries plotly's script, so that it opens without a network.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paretune.report import RecordedStudy
from paretune.report.labels import number, settings
from paretune.report.panels import Axis, Groups, Panel, coordinate, groups_of, headline, panels_of
from paretune.report.picture import BASELINE, FRONT, INK, PALE, SOFT
from paretune.trial.record import TrialRecord


def save(study: RecordedStudy, path: Path) -> None:
    """Write the page to `path`. Raises OSError where it cannot be written."""
    path.write_text(figure_of(study).to_html(include_plotlyjs=True), encoding="utf-8")


def figure_of(study: RecordedStudy) -> Any:
    """The plotly figure: a panel a cost, as in the picture."""
    from plotly.subplots import make_subplots

    panels, groups = panels_of(study), groups_of(study)
    columns = 2 if len(panels) == 4 else len(panels)
    rows = -(-len(panels) // columns)
    figure = make_subplots(
        rows, columns, shared_yaxes=True, horizontal_spacing=0.04, vertical_spacing=0.12
    )
    named: set[str] = set()  # groups that have their entry in the legend
    for position, panel in enumerate(panels):
        cell = {"row": position // columns + 1, "col": position % columns + 1}
        _draw(figure, panel, groups, cell, named)
        if cell["col"] == 1:
            figure.update_yaxes(title_text=html.escape(panel.y.label), **cell)
    title, *notes = (html.escape(line) for line in headline(study))
    figure.update_layout(
        title_text="".join([title, *(f"<br><sup>{note}</sup>" for note in notes)]),
        margin_t=130,
        template="plotly_white",
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -0.17 / rows,
            "xanchor": "center",
            "x": 0.5,
        },
        height=430 * rows + 80,
    )
    return figure


def _draw(figure: Any, panel: Panel, groups: Groups, cell: dict[str, int], named: set[str]) -> None:
    import plotly.graph_objects as go

    for axis, update, bound in (
        (panel.x, figure.update_xaxes, figure.add_vline),
        (panel.y, figure.update_yaxes, figure.add_hline),
    ):
        update(type="log" if axis.log else "linear", range=_range(axis), **cell)
        if axis.log:
            update(tickvals=axis.ticks, ticktext=[f"{tick:,g}" for tick in axis.ticks], **cell)
        if axis.bound is not None:
            where = {"x": axis.bound} if axis is panel.x else {"y": axis.bound}
            bound(
                **where,
                line={"color": INK, "dash": "dash", "width": 1},
                # On a logarithmic axis plotly would put the word elsewhere than the line.
                annotation={"text": "" if axis.log else "constraint", "font_size": 10},
                annotation_position="bottom right",
                exclude_empty_subplots=False,  # nothing has been drawn there yet
                **cell,
            )
    figure.update_xaxes(title_text=html.escape(panel.x.label), **cell)
    if panel.stairs:
        xs, ys = zip(*panel.stairs, strict=True)
        shape = "hv" if panel.stairs_rise_after else "vh"
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=ys,
                mode="lines",
                line={"color": FRONT, "shape": shape},
                hoverinfo="skip",
                showlegend=False,
            ),
            **cell,
        )
    best = [entry for entry in groups.front if panel.on_stairs(entry)]
    others = [entry for entry in groups.front if not panel.on_stairs(entry)]
    for entries, label, marker in (
        (groups.outside, "outside constraints", {"symbol": "x-thin-open", "color": PALE}),
        (groups.dominated, "dominated", {"color": PALE, "size": 7}),
        (others, "front, for another objective", {"color": SOFT, "size": 9}),
        (best, "front", {"color": FRONT, "size": 11}),
        (groups.baselines, "baseline", {"symbol": "diamond", "color": BASELINE, "size": 11}),
    ):
        if not entries:
            continue
        figure.add_trace(
            go.Scatter(
                x=[coordinate(entry, panel.x.figure) for entry in entries],
                y=[coordinate(entry, panel.y.figure) for entry in entries],
                mode="markers",
                marker=marker,
                name=label,
                legendgroup=label,
                showlegend=label not in named,
                text=_hover(entries),
                hovertemplate="%{text}<extra></extra>",
            ),
            **cell,
        )
        named.add(label)


def _hover(entries: Sequence[TrialRecord]) -> list[str]:
    texts = []
    for entry in entries:
        name = f"trial {entry.number}"
        name += f", baseline {entry.baseline}" if entry.baseline is not None else ""
        lines = [f"<b>{name}</b>"]
        figures = dict(entry.values or {})
        figures.setdefault("gpu_seconds", entry.cost.gpu_seconds)
        lines += [f"{html.escape(figure)} {number(value)}" for figure, value in figures.items()]
        shared = ", the rest by another trial" if entry.reused else ""
        lines.append(f"spent_gpu_seconds {number(entry.spent.gpu_seconds)}{shared}")
        # A parameter may be any text of the user's.
        lines += [html.escape(text) for text in settings(entry.params)]
        texts.append("<br>".join(lines))
    return texts


def _range(axis: Axis) -> list[float]:
    return [math.log10(limit) if axis.log else limit for limit in axis.limits]
