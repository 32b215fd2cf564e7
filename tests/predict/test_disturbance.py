"""Times that were measured beside strangers teach less, and spoil less."""

from __future__ import annotations

import math
from dataclasses import replace

import cost_laws as laws
import numpy as np
import pytest
from cost_laws import CNN
from paretune.measure import SLOWDOWN, Measurement
from paretune.predict.disturbance import timed, usual_disturbance
from paretune.predict.predictor import Predictor
from paretune.trial.prediction import Observation

FRESH = laws.trials(40, seed=99, noise=0.0)


def error(observations: list[Observation]) -> float:
    predictor = Predictor.learn(CNN, 2, observations)
    found = [predictor.predict(o.params).figures["gpu_seconds"].median for o in FRESH]
    truth = [sum(o.phases.values()) for o in FRESH]
    return float(np.mean([abs(f / t - 1) for f, t in zip(found, truth, strict=True)]))


def slowed(observation: Observation, disturbance: float, *, marked: bool) -> Observation:
    factor = math.exp(SLOWDOWN * disturbance)
    phases = {name: seconds * factor for name, seconds in observation.phases.items()}
    return replace(observation, phases=phases, disturbance=disturbance if marked else 0.0)


def test_disturbed_trials_count_for_less() -> None:
    """Where every fourth trial ran beside strangers, the predictions are nearly as good as where
    none did, and much better than if that were not known.
    """
    quiet = laws.trials(20)
    disturbed = {
        marked: [slowed(o, 0.8, marked=marked) if i % 4 == 1 else o for i, o in enumerate(quiet)]
        for marked in (True, False)
    }
    assert error(disturbed[True]) < 0.6 * error(disturbed[False])


def test_what_is_usual_is_no_disturbance() -> None:
    """On a machine that is always as busy, every trial counts in full."""
    trials = [slowed(o, 0.8, marked=True) for o in laws.trials(5)]
    usual = usual_disturbance(trials)
    assert [timed(np.zeros(1), o, 1.0, usual).extra for o in trials] == [0.0] * 5


def test_observation_knows_its_disturbance() -> None:
    """Of the phases that make its cost, by their length; unknown is none."""
    phases = {
        "start": Measurement(wall_seconds=5.0, gpu_seconds=5.0, disturbed_seconds=5.0),
        "train": Measurement(wall_seconds=3.0, gpu_seconds=3.0, disturbed_seconds=0.0),
        "prune": Measurement(wall_seconds=1.0, gpu_seconds=1.0, disturbed_seconds=1.0),
    }
    seen = Observation.of({}, ran=phases, reused={}, figures={})
    assert seen.disturbance == pytest.approx(0.25)
    unknown = {"train": Measurement(wall_seconds=3.0, gpu_seconds=3.0)}
    assert Observation.of({}, ran=unknown, reused={}, figures={}).disturbance == 0.0
