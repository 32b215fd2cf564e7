"""How a study went: hypervolume, spending, predictions and learning curves, as Plotly's JSON."""

from __future__ import annotations

import html

from paretune.dashboard.graphs import MOST, Graph, finite, layout
from paretune.dashboard.shown_study import ShownStudy
from paretune.money.ledger import Ledger
from paretune.predict.prediction_score import SPENT, rows
from paretune.report.hypervolume_curve import hypervolume_curve
from paretune.report.labels import axis_label
from paretune.report.picture import BASELINE, FRONT, INK, PALE

_CURVES = 20  # learning curves in the picture


def progress(shown: ShownStudy) -> Graph | None:
    """Hypervolume of the front over what was spent, as the report has it; None without a front."""
    curve = hypervolume_curve(shown)
    if not curve:
        return None
    spent, shares = zip(*curve, strict=True)
    line = {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": FRONT, "shape": "hv"},
        "x": finite(spent),
        "y": finite(shares),
        "showlegend": False,
    }
    unit = axis_label("gpu_seconds", shown.device_kind)
    return {
        "data": [line],
        "layout": layout(
            "What was found for what was spent",
            xaxis={"title": {"text": html.escape(f"{unit} spent")}, "rangemode": "tozero"},
            yaxis={"title": {"text": "hypervolume of the front"}, "range": [0, 1.05]},
        ),
    }


def spending(shown: ShownStudy) -> Graph | None:
    """GPU-seconds by phase and by how trials ended."""
    ledger = Ledger.of(shown.records, shown.device_kind, shown.spec.prices)
    if ledger.gpu_seconds <= 0:
        return None
    data = []
    parts = ((ledger.by_phase, "", FRONT), (ledger.by_status, "2", BASELINE))
    for amounts, suffix, color in parts:
        shares = {name: value for name, value in amounts.items() if value > 0}
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": list(shares.values())[::-1],
                "y": [html.escape(name.replace("_", " ")) for name in shares][::-1],
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "marker": {"color": color},
                "showlegend": False,
            }
        )
    unit = {"title": {"text": html.escape(axis_label("gpu_seconds", shown.device_kind))}}
    return {
        "data": data,
        "layout": layout(
            "Where it went: by phase, by ending",
            margin={"t": 50, "r": 20, "b": 60, "l": 110},
            xaxis={**unit, "domain": [0, 0.4]},
            xaxis2={**unit, "domain": [0.6, 1]},
            yaxis={"anchor": "x"},
            yaxis2={"anchor": "x2"},
        ),
    }


def predictions(shown: ShownStudy) -> Graph | None:
    """What trials were expected to spend against what they spent; right is on the diagonal."""
    found = [row for row in rows(shown.records) if row.figure == SPENT][-MOST:]
    if not found:
        return None
    ends = [end for row in found for end in (row.measured, row.expected.median) if end > 0]
    low, high = 0.8 * min(ends), 1.25 * max(ends)
    error = {
        "type": "data",
        "symmetric": False,
        "array": [row.expected.high - row.expected.median for row in found],
        "arrayminus": [row.expected.median - row.expected.low for row in found],
        "thickness": 1,
    }
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": finite([row.measured for row in found]),
        "y": finite([row.expected.median for row in found]),
        "error_y": error,
        "marker": {"color": [FRONT if row.is_scored else PALE for row in found]},
        "text": [f"trial {row.number}" for row in found],
        "showlegend": False,
    }
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [low, high],
        "y": [low, high],
        "line": {"color": INK, "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    unit = axis_label("gpu_seconds", shown.device_kind)
    return {
        "data": [diagonal, points],
        "layout": layout(
            "Predicted against measured cost",
            xaxis={"type": "log", "title": {"text": html.escape(f"measured {unit}")}},
            yaxis={"type": "log", "title": {"text": "predicted, with its 80 % interval"}},
        ),
    }


def learning_curves(shown: ShownStudy) -> Graph | None:
    """The first objective after each epoch: of the front, the baselines and the newest others."""
    name = shown.spec.objectives.names[0]
    members = {record.number for record in shown.front}
    based = {record.number for record in shown.baselines}
    first = [*based, *members, *sorted(shown.curves, reverse=True)]
    drawn = [n for n in dict.fromkeys(first) if shown.curves.get(n, {}).get(name)][:_CURVES]
    if not drawn:
        return None
    data = []
    for number in drawn:
        values = shown.curves[number][name]
        color = BASELINE if number in based else FRONT if number in members else PALE
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(values) == 1 else "lines",
                "name": f"trial {number}",
                "x": list(range(1, len(values) + 1)),
                "y": finite(values),
                "line": {"color": color},
                "showlegend": False,
            }
        )
    return {
        "data": data,
        "layout": layout(
            "Learning curves: front blue, baselines orange",
            xaxis={"title": {"text": "epoch"}},
            yaxis={"title": {"text": html.escape(axis_label(name, shown.device_kind))}},
        ),
    }
