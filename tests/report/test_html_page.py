"""The front as a page of its own."""

from __future__ import annotations

import json
from pathlib import Path

from paretune.report import html_page, plots
from views import point, study, usual


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    """The page carries its script: nothing is loaded from elsewhere."""
    plots.draw(usual(), tmp_path / "front.html")
    text = (tmp_path / "front.html").read_text()
    assert '<script src="http' not in text
    assert "Plotly.newPlot" in text


def test_the_page_tells_each_trials_settings() -> None:
    """Under the pointer: number, figures and parameters, as text even where it looks like HTML."""
    made = study([point(7, 0.9, 1.0, 1.0, 1.0, params={"bits": 8, "name": "<b>x</b>"}, baseline=2)])
    figure = json.loads(html_page.figure_of(made).to_json())
    text = next(trace["text"][0] for trace in figure["data"] if trace.get("name") == "baseline")
    for part in ("trial 7, baseline 2", "accuracy 0.9000", "bits 8", "&lt;b&gt;x&lt;/b&gt;"):
        assert part in text


def test_the_page_shows_the_constraint() -> None:
    """A dashed line in every panel at the bound of the study's constraint, accuracy >= 0.9."""
    figure = json.loads(html_page.figure_of(usual()).to_json())
    lines = figure["layout"]["shapes"]
    assert [(line["y0"], line["y1"], line["line"]["dash"]) for line in lines] == 3 * [
        (0.9, 0.9, "dash")
    ]
    assert len({line["yref"] for line in lines}) == 3
