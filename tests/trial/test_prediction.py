"""Figures that are not known yet: their intervals, their sums, and what is stored of them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Measurement
from paretune.trial.prediction import (
    BARE,
    COVERAGE,
    TRAINED,
    UNTRAINED,
    Basis,
    Estimate,
    Observation,
    Prediction,
    total,
)

estimates = st.builds(Estimate, st.floats(-5, 5), st.floats(0, 1.5))


@given(estimates, st.floats(0.1, 10))
def test_an_interval_holds_its_share(estimate: Estimate, factor: float) -> None:
    """Ordered, with a tenth on either side, and scaled as a whole."""
    assert estimate.low <= estimate.median <= estimate.high
    assert estimate.median <= estimate.mean
    if estimate.log_deviation > 1e-6:
        outside = (1 - COVERAGE) / 2
        assert estimate.chance_above(estimate.high) == pytest.approx(outside)
        assert estimate.chance_above(estimate.low) == pytest.approx(1 - outside)
    assert estimate.scaled(factor).median == pytest.approx(factor * estimate.median)


def test_bounds_beyond_all_figures() -> None:
    """Every figure is above 0; none is above infinity; what is known is above it or is not."""
    assert Estimate(1.0, 2.0).chance_above(0.0) == 1.0
    assert Estimate(1.0, 2.0).chance_above(math.inf) == 0.0
    assert Estimate.known(3.0).chance_above(2.9) == 1.0
    assert Estimate.known(3.0).chance_above(3.1) == 0.0


@pytest.mark.parametrize("shared", [0.0, 0.6, 1.0])
def test_a_sum_has_the_mean_and_variance_of_its_parts(shared: float) -> None:
    """Held against drawn lognormals where they are independent; correlation only widens it."""
    parts = [Estimate(0.0, 0.4), Estimate(1.0, 0.2), Estimate(0.5, 0.3)]
    found = total(parts, shared)
    assert found is not None
    assert found.mean == pytest.approx(sum(part.mean for part in parts))
    if shared == 0.0:
        rng = np.random.default_rng(0)
        drawn = sum(rng.lognormal(part.log_mean, part.log_deviation, 200_000) for part in parts)
        spread = found.mean * math.sqrt(math.expm1(found.log_deviation**2))
        assert spread == pytest.approx(float(np.std(drawn)), rel=0.03)
    else:
        alone = total(parts)
        assert alone is not None
        assert found.log_deviation > alone.log_deviation


def test_a_sum_of_nothing_is_unknown() -> None:
    """Not zero, of which there is no logarithm."""
    assert total([]) is None


@given(st.dictionaries(st.text(min_size=1), estimates, max_size=3), st.sampled_from(Basis))
def test_a_prediction_is_stored_whole(figures: dict[str, Estimate], basis: Basis) -> None:
    """What comes back from JSON is what was written."""
    prediction = Prediction(figures, basis, 7, dict(figures))
    assert Prediction.from_json(json.loads(json.dumps(prediction.to_json()))) == prediction
    assert prediction.is_guess is (basis is Basis.GUESSED)


def seconds(**phases: float) -> dict[str, Measurement]:
    return {name: Measurement(gpu_seconds=value) for name, value in phases.items()}


def test_what_a_trial_teaches_of_its_overhead() -> None:
    """Start-up and set-up are no phases of a configuration; one that trained nothing has less."""
    ran = seconds(start=1.0, setup=3.0, train=9.0)
    trained = Observation.of({}, ran=ran, reused={}, figures={})
    assert trained.phases == {"train": 9.0}
    assert trained.overhead == {TRAINED: 4.0, BARE: 1.0}
    shared = Observation.of({}, ran=seconds(start=1.0), reused=seconds(train=9.0), figures={})
    assert shared.phases == {"train": 9.0}
    assert shared.overhead == {UNTRAINED: 1.0}
