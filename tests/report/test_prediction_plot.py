"""Predicted against measured, drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.errors import ExportError
from paretune.predict.prediction_score import PredictionRow
from paretune.report import prediction_plot
from paretune.trial.prediction import Basis, Estimate

ROWS = [
    PredictionRow(1, "gpu_seconds", Basis.LEARNED, Estimate(1.0, 0.1), 2.7),
    PredictionRow(2, "gpu_seconds", Basis.GUESSED, Estimate(2.0, 0.5), 3.0),
]


@pytest.mark.parametrize(("name", "start"), [("p.png", b"\x89PNG"), ("new/p.svg", b"<?xml")])
def test_ending_decides(tmp_path: Path, name: str, start: bytes) -> None:
    """A picture is written where it was asked for."""
    prediction_plot.draw(ROWS, "cpu-core", tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    """Another ending, and a study without predictions, are told."""
    with pytest.raises(ExportError, match="the ending says"):
        prediction_plot.draw(ROWS, "cpu-core", tmp_path / "p.html")
    with pytest.raises(ExportError, match="no trial has a prediction"):
        prediction_plot.draw([], "cpu-core", tmp_path / "p.png")
