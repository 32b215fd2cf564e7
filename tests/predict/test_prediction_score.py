"""Predictions against bills."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from paretune.measure import Measurement
from paretune.predict.prediction_score import rows, scores
from paretune.trial.outcome import Status
from paretune.trial.prediction import Basis, Estimate, Prediction


@dataclass
class Trial:
    number: int
    spent: Measurement
    prediction: Prediction | None
    status: Status | None = Status.COMPLETED
    metrics: dict[str, float] = field(default_factory=dict)


def trial(number, measured, predicted, basis=Basis.LEARNED, **more):
    figures = {"spent_gpu_seconds": Estimate(math.log(predicted), 0.1)}
    return Trial(number, Measurement(gpu_seconds=measured), Prediction(figures, basis, 5), **more)


def test_error_and_coverage():
    """The mean of |predicted / measured - 1|, and the share of trials inside their interval."""
    found = scores(rows([trial(0, 10.0, 11.0), trial(1, 10.0, 15.0)]))
    score = found["spent_gpu_seconds"]
    assert score.trials == 2
    assert score.mean_error == pytest.approx(0.3)
    assert score.coverage == 0.5


def test_guesses_are_shown_but_not_scored():
    """What was said before any trial had ended is listed, and does not count."""
    listed = rows([trial(0, 10.0, 30.0, basis=Basis.GUESSED)])
    assert len(listed) == 1
    assert scores(listed) == {}


def test_only_completed_trials_are_judged():
    """A trial that was stopped did not come to what it was predicted to come to."""
    assert rows([trial(0, 1.0, 10.0, status=Status.STOPPED)]) == []
    assert rows([Trial(1, Measurement(), None)]) == []
