"""The graphs of optuna-dashboard's page of a study, as Plotly's JSON.

Made without plotly, which would take a second of CPU time and 60 MiB of a driver. Axes are those
of the picture (`report.panels`): an outlier does not flatten them.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from paretune.dashboard.shown_study import ShownStudy
from paretune.report.labels import axis_label, number, settings
from paretune.report.panels import Axis, coordinate, groups_of, panels_of
from paretune.report.picture import BASELINE, FRONT, INK, PALE
from paretune.trial.record import TrialRecord

Graph = dict[str, Any]
MOST = 2000  # points of a kind; of more, the newest


def layout(title: str, **more: Any) -> Graph:
    """The look that all graphs share."""
    return {
        "title": {"text": html.escape(title), "font": {"size": 14}, "x": 0.01, "y": 0.98},
        "font": {"size": 12},
        "margin": {"t": 50, "r": 20, "b": 60, "l": 70},
        "legend": {"orientation": "h", "y": -0.2},
        **more,
    }


def front_pairs(shown: ShownStudy) -> Graph:
    """The first objective against each other one."""
    panels, data = panels_of(shown), []
    axes: Graph = {}
    for position, panel in enumerate(panels):
        suffix = "" if position == 0 else str(position + 1)
        width, gap = 1 / len(panels), 0.06 if len(panels) > 1 else 0.0
        axes[f"xaxis{suffix}"] = {
            **_axis(panel.x),
            "domain": [position * width, (position + 1) * width - gap],
            "anchor": f"y{suffix}",
        }
        axes[f"yaxis{suffix}"] = {
            **_axis(panel.y),
            "anchor": f"x{suffix}",
            "showticklabels": position == 0,
        }
        if position:
            axes[f"yaxis{suffix}"] |= {"matches": "y", "title": {"text": ""}}
        where = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        if panel.stairs:
            xs, ys = zip(*panel.stairs, strict=True)
            shape = "hv" if panel.stairs_rise_after else "vh"
            line = {"color": FRONT, "shape": shape}
            data.append(_trace(xs, ys, mode="lines", line=line, hoverinfo="skip", **where))
        for label, records, marker in _kinds(shown):
            data.append(
                _trace(
                    [coordinate(record, panel.x.figure) for record in records],
                    [coordinate(record, panel.y.figure) for record in records],
                    name=label,
                    legendgroup=label,
                    showlegend=position == 0,
                    marker=marker,
                    text=[hover(record) for record in records],
                    **where,
                )
            )
    return {"data": data, "layout": layout("The front, by pairs", **axes)}


def front_in_space(shown: ShownStudy) -> Graph | None:
    """The first three objectives in space; None where there are fewer."""
    names = shown.spec.objectives.names[:3]
    if len(names) < 3 or not shown.front:
        return None
    panels = panels_of(shown)
    axes = (panels[0].y, panels[0].x, panels[1].x)
    data = []
    for label, records, marker in _kinds(shown):
        x, y, z = ([coordinate(record, axis.figure) for record in records] for axis in axes)
        small = {**marker, "size": max(marker["size"] // 2, 3)}
        symbol = small.pop("symbol", None)
        if symbol is not None:  # space knows fewer of them
            small["symbol"] = "diamond" if symbol == "diamond" else "x"
        data.append(
            _trace(
                x,
                y,
                z=z,
                type="scatter3d",
                name=label,
                marker=small,
                text=[hover(record) for record in records],
            )
        )
    scene = {f"{at}axis": _axis(axis) for at, axis in zip("xyz", axes, strict=True)}
    return {"data": data, "layout": layout("The front in space", scene=scene)}


def parallel(shown: ShownStudy) -> Graph | None:
    """Parameters that vary and objectives of the trials that keep the constraints, side by side."""
    records = [r for r in shown.records if r.values is not None and r.feasible][-MOST:]
    if len(records) < 2:
        return None
    objectives = shown.spec.objectives
    dimensions = [
        _dimension(name, [record.params.get(name) for record in records])
        for name in shown.spec.space.names
    ]
    dimensions += [
        _dimension(
            axis_label(name, shown.device_kind), [(record.values or {})[name] for record in records]
        )
        for name in objectives.names
    ]
    first = [(record.values or {})[objectives.names[0]] for record in records]
    line = {
        "color": [value if math.isfinite(value) else None for value in first],
        "colorscale": "Viridis",
        "showscale": True,
        "colorbar": {"title": {"text": html.escape(objectives.names[0])}},
    }
    varying = [one for one in dimensions if one is not None]
    # Aslant: a dozen names do not fit side by side.
    trace = {"type": "parcoords", "dimensions": varying, "line": line, "labelangle": -25}
    room = {"t": 120, "r": 60, "b": 30, "l": 60}
    return {"data": [trace], "layout": layout("Parameters and objectives", margin=room)}


def hover(record: TrialRecord) -> str:
    """What stands under the pointer."""
    name = f"<b>trial {record.number}</b>"
    name += f", baseline {record.baseline}" if record.baseline is not None else ""
    lines = [name]
    lines += [f"{html.escape(n)} {number(value)}" for n, value in (record.values or {}).items()]
    lines.append(f"spent {number(record.spent.gpu_seconds)} GPU-seconds")
    lines += [html.escape(text) for text in settings(record.params)]
    return "<br>".join(lines)


def _kinds(shown: ShownStudy) -> list[tuple[str, Sequence[TrialRecord], Graph]]:
    """The trials with values, by what they are; who lies beyond the axes is found by zooming."""
    groups = groups_of(shown)
    kinds: list[tuple[str, Sequence[TrialRecord], Graph]] = [
        ("outside constraints", groups.outside[-MOST:], {"color": PALE, "symbol": "x", "size": 6}),
        ("dominated", groups.dominated[-MOST:], {"color": PALE, "size": 7}),
        ("front", groups.front, {"color": FRONT, "size": 10}),
        ("baseline", groups.baselines, {"color": BASELINE, "symbol": "diamond", "size": 11}),
    ]
    return [kind for kind in kinds if kind[1]]


def _trace(x: Sequence[float], y: Sequence[float], **more: Any) -> Graph:
    hidden = (
        {"showlegend": False} if "name" not in more else {"hovertemplate": "%{text}<extra></extra>"}
    )
    trace: Graph = {"type": "scatter", "mode": "markers", "x": finite(x), "y": finite(y)}
    if "z" in more:
        more["z"] = finite(more["z"])
    return {**trace, **hidden, **more}


def finite(values: Sequence[float]) -> list[float | None]:
    """JSON, and a plot, have no place for an infinity."""
    return [value if math.isfinite(value) else None for value in values]


def _axis(axis: Axis) -> Graph:
    shown: Graph = {
        "title": {"text": html.escape(axis.label)},
        "type": "log" if axis.log else "linear",
        "range": [math.log10(limit) if axis.log else limit for limit in axis.limits],
        "gridcolor": "#ECEEF0",
        "zeroline": False,
        "linecolor": INK,
    }
    if axis.log:
        shown |= {"tickvals": axis.ticks, "ticktext": [f"{tick:,g}" for tick in axis.ticks]}
    return shown


def _dimension(name: str, values: Sequence[Any]) -> Graph | None:
    """One upright axis; None where nothing varies."""
    label = html.escape(name)
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        numbers = [float(value) for value in values if math.isfinite(value)]
        if len(set(numbers)) < 2:
            return None
        if min(numbers) > 0 and max(numbers) / min(numbers) > 30:
            decades = range(
                math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers))) + 1
            )
            return {
                "label": label,
                "values": [math.log10(v) if math.isfinite(v) else None for v in values],
                "tickvals": list(decades),
                "ticktext": [f"{10.0**decade:g}" for decade in decades],
            }
        return {"label": label, "values": finite(values)}
    words = sorted({str(value) for value in values})
    if len(words) < 2:
        return None
    return {
        "label": label,
        "values": [words.index(str(value)) for value in values],
        "tickvals": list(range(len(words))),
        "ticktext": [html.escape(word) for word in words],
    }
