"""Graphs of the front and of the parameters."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import optuna
import plotly.graph_objects as go
import pytest
from fabricated import Made
from paretune.dashboard.graphs import front_in_space, front_pairs, parallel
from paretune.dashboard.publish import graphs
from paretune.trial.outcome import Status
from shown_studies import made_and_shown, shown

CURVES = {0: {"accuracy": [0.5, 0.9, 0.99]}, 3: {"accuracy": [0.96]}}


def test_plotly_takes_every_graph(made_study: optuna.Study, storage_url: str) -> None:
    """What was written without plotly is what plotly itself would read, and strict JSON."""
    found = graphs(shown(storage_url, CURVES))
    assert len(found) >= 6
    for graph in found.values():
        go.Figure(graph)  # raises where a name or a value is unknown
        json.dumps(graph, allow_nan=False)


def test_outlier_does_not_flatten_the_front(storage_url: str, tmp_path: Path) -> None:
    """A trial outside the constraints at 1000 times the cost: the axes are those of the rest."""
    usual = [Made(0.95, 10.0, 100.0, 40.0), Made(0.97, 12.0, 110.0, 60.0)]
    _, study = made_and_shown(storage_url, tmp_path, [*usual, Made(0.1, 1e4, 1e5, 1e4)])
    layout = front_pairs(study)["layout"]
    assert layout["xaxis"]["range"][1] < 20


def test_pairs_mark_front_baseline_and_broken_constraint(
    made_study: optuna.Study, storage_url: str
) -> None:
    """Each group by its name, in each panel."""
    graph = front_pairs(shown(storage_url))
    first = [trace for trace in graph["data"] if trace["xaxis"] == "x" and "name" in trace]
    points = {trace["name"]: len(trace["x"]) for trace in first}
    assert points == {"outside constraints": 1, "dominated": 1, "front": 3, "baseline": 1}
    assert len({trace["xaxis"] for trace in graph["data"]}) == 3


@pytest.mark.parametrize("odd", [math.inf, -math.inf])
def test_infinite_figures_are_drawn_around(
    odd: float, made_study: optuna.Study, storage_url: str
) -> None:
    """A figure that is infinite leaves a gap; everything else is drawn."""
    study = shown(storage_url)
    values = {**(study.records[3].values or {}), "gpu_seconds": odd}
    records = [*study.records[:3], replace(study.records[3], values=values)]
    for graph in graphs(replace(study, records=records)).values():
        json.dumps(graph, allow_nan=False)


@pytest.mark.parametrize("count", [0, 1])
def test_small_studies_have_what_can_be_drawn(count: int, storage_url: str, tmp_path: Path) -> None:
    """No completed trial: nothing. One: its front, and no axes that nothing varies along."""
    trials = [Made()] * count or [Made(status=Status.FAILED, error="x", model=None)]
    _, study = made_and_shown(storage_url, tmp_path, trials)
    assert bool(graphs(study)) == bool(count)
    assert parallel(study) is None
    if count:
        assert front_in_space(study) is not None


def test_user_text_is_no_markup(made_study: optuna.Study, storage_url: str) -> None:
    """A parameter's value that looks like a tag stays text under the pointer."""
    study = shown(storage_url)
    params = {**study.records[3].params, "optimizer": "<img src=x>"}
    records = [*study.records[:3], replace(study.records[3], params=params)]
    text = json.dumps(graphs(replace(study, records=records)))
    assert "<img" not in text
    assert "&lt;img" in text
