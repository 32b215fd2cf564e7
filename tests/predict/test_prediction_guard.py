"""Whatever spaces meet, learning and predicting end in a prediction, never in an exception."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest
from any_space import spaces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paretune.predict.prediction_guard import PredictionGuard
from paretune.predict.predictor import Predictor
from paretune.space.points import draw
from paretune.space.search_space import Space
from paretune.trial.prediction import Observation

SPACE = Space.from_json({"bits": {"choices": [4, 8, 16]}}, "test")


def observed(space: Space, seed: int, n: int = 4) -> list[Observation]:
    """Trials drawn from a space, with made-up costs."""
    rng = np.random.default_rng(seed)
    return [
        Observation(
            draw(space, rng, 2),
            {"train": float(rng.uniform(0.1, 50))},
            {"trained": 0.2},
            {"peak_memory_mib": float(rng.uniform(50, 500)), "model_kib": 40.0},
            order=float(i),
            out_of_memory=False,
        )
        for i in range(n)
    ]


@given(one=spaces(), other=spaces(), seed=st.integers(0, 99))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_trials_teach_a_predictor_of_any_space(one, other, seed):
    """Trials of another space, of its own, of both: the prediction has GPU-seconds in numbers."""
    rng = np.random.default_rng(seed)
    params = draw(one, rng, 2)
    own, earlier = observed(one, seed), observed(other, seed)
    guard = PredictionGuard()
    with np.errstate(all="ignore"):
        for mine, theirs in ((own, ()), (own, earlier), ([], earlier)):
            predictor = guard.learn(one, 2, mine, theirs)
            prediction = guard.predict(predictor, params)
            for estimate in prediction.figures.values():
                assert all(math.isfinite(v) for v in (estimate.mean, estimate.low, estimate.high))
            assert prediction.figures["gpu_seconds"].median > 0


def broken(*args, **kwargs):
    raise FloatingPointError("no line fits")


def test_what_fails_is_said_once_and_costs_only_the_prediction(monkeypatch, caplog):
    """A fit that always fails: a guess, marked as one, and one line in the log."""
    monkeypatch.setattr(Predictor, "learn", broken)
    guard = PredictionGuard()
    with caplog.at_level(logging.WARNING, logger="paretune"):
        for _ in range(3):
            predictor = guard.learn(SPACE, 1, observed(SPACE, 0))
            assert guard.predict(predictor, {"bits": 4}).basis == "guessed"
    assert len(caplog.records) == 1
    assert "FloatingPointError: no line fits" in caplog.text


def test_where_earlier_trials_do_harm_its_own_are_learnt_from(monkeypatch):
    """Only what fails is left out."""
    learn = Predictor.learn

    def choosy(space, devices, known, **options):
        if any("strange" in o.params for o in known):
            raise ValueError("strange")
        return learn(space, devices, known, **options)

    monkeypatch.setattr(Predictor, "learn", choosy)
    strange = [Observation({"strange": 1}, {"train": 1.0})]
    predictor = PredictionGuard().learn(SPACE, 1, observed(SPACE, 0), strange)
    assert predictor.observations == 4


@pytest.mark.parametrize("log_mean", [math.nan, math.inf, 1e4])
def test_a_figure_that_is_no_number_is_no_prediction(log_mean):
    """It would be compared with budgets, and shown."""
    from paretune.trial.prediction import Estimate, Prediction

    class Wild:
        def predict(self, params, ahead, counts):
            return Prediction({"gpu_seconds": Estimate(log_mean, 1.0)}, "learned", 9)

    assert PredictionGuard().predict(Wild(), {}).basis == "guessed"
