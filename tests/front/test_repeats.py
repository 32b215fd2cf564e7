from __future__ import annotations

import math

import pytest
from made_records import record
from paretune.front.measured_configurations import measured_configurations
from paretune.front.repeats import Spread, repeated_figures, repeated_stages


def test_the_variance_within_groups_is_pooled() -> None:
    """1 and 3 about 2, and 10, 11, 12 about 11: two groups, three degrees of freedom."""
    assert Spread.of([[1.0, 3.0], [10.0, 11.0, 12.0], [7.0]]) == Spread(4.0, 3)


def test_only_another_seed_repeats_an_accuracy() -> None:
    """Training is deterministic: the same seed gives the same network, and no noise."""
    trials = [
        record(0, {"accuracy": 0.90, "gpu_seconds": 10.0}, {}),
        record(1, {"accuracy": 0.90, "gpu_seconds": 11.0}, {}),
        record(2, {"accuracy": 0.92, "gpu_seconds": 10.0}, {}, seed=1),
    ]
    found = measured_configurations(trials)
    accuracy = repeated_figures(found, "accuracy", log=False, seeds=True)
    assert (accuracy.squares, accuracy.freedom) == (pytest.approx(2 * 0.01**2), 1)
    cost = repeated_figures(found, "gpu_seconds", log=True, seeds=False)
    assert (cost.squares, cost.freedom) == (pytest.approx(2 / 3 * math.log(1.1) ** 2), 2)


def test_a_stage_that_two_trials_ran_is_a_repeat() -> None:
    """Trial 1 shows that training does not depend on the bits: so 0 and 2 measured one thing."""
    trials = [
        record(0, {"a": 1.0}, {"x": 1, "bits": 8}, train=10.0),
        record(1, {"a": 1.0}, {"x": 1, "bits": 4}, reused=10.0),
        record(2, {"a": 1.0}, {"x": 1, "bits": 2}, train=11.0),
        record(3, {"a": 1.0}, {"x": 2, "bits": 8}, train=30.0),
    ]
    found = repeated_stages(measured_configurations(trials), "gpu_seconds")
    assert (found.squares, found.freedom) == (pytest.approx(math.log(1.1) ** 2 / 2), 1)
    without = repeated_stages(measured_configurations([trials[0], *trials[2:]]), "gpu_seconds")
    assert without == Spread()
