"""Graphs of how a study went."""

from __future__ import annotations

import optuna
from paretune.dashboard.course_graphs import learning_curves, predictions, progress, spending
from shown_studies import shown


def test_hypervolume_grows_to_the_whole(made_study: optuna.Study, storage_url: str) -> None:
    """Never down, and 1 at what was spent in the end."""
    study = shown(storage_url)
    graph = progress(study)
    assert graph is not None
    (line,) = graph["data"]
    assert line["y"] == sorted(line["y"])
    assert line["y"][-1] == 1
    assert line["x"][0] == study.records[0].spent.gpu_seconds


def test_spending_adds_up_by_phase_and_by_ending(
    made_study: optuna.Study, storage_url: str
) -> None:
    """Both halves show everything that was paid."""
    study = shown(storage_url)
    graph = spending(study)
    assert graph is not None
    paid = sum(record.spent.gpu_seconds for record in study.records)
    endings = graph["data"][1]
    assert round(sum(endings["x"]), 6) == round(paid, 6)
    assert "completed" in endings["y"]


def test_curves_of_front_and_baselines_come_first(
    made_study: optuna.Study, storage_url: str
) -> None:
    """They are drawn even where there are more curves than fit."""
    curves = {number: {"accuracy": [0.1, 0.2]} for number in range(3, 100)}
    curves[0] = {"accuracy": [0.5, 0.99]}
    graph = learning_curves(shown(storage_url, curves))
    assert graph is not None
    assert graph["data"][0]["name"] == "trial 0"
    assert len(graph["data"]) == 20


def test_nothing_known_is_no_graph(made_study: optuna.Study, storage_url: str) -> None:
    """Without predictions and curves there is no empty picture."""
    study = shown(storage_url, {})
    assert predictions(study) is None
    assert learning_curves(study) is None
