"""What came of a trial: its two costs, its figures, and that nothing is lost on the way."""

from __future__ import annotations

import json
import math

import pytest
from paretune.measure import Measurement
from paretune.trial.outcome import Outcome, Status, finite


def bill(seconds):
    return Measurement(wall_seconds=seconds, gpu_seconds=seconds, cpu_seconds=seconds)


OUTCOME = Outcome(
    Status.COMPLETED,
    metrics={"accuracy": 0.9, "gpu_seconds": 1e9},
    phases={"start": bill(1.0), "prune": bill(2.0)},
    reused={"train": bill(10.0)},
    lost=bill(4.0),
    attempts=2,
)


def test_what_a_configuration_costs_is_not_what_was_spent():
    """Its cost has what others paid for and no overhead; what was spent has all that ran."""
    assert OUTCOME.cost.gpu_seconds == 12.0
    assert OUTCOME.spent.gpu_seconds == 1.0 + 2.0 + 4.0


def test_measured_figures_are_not_overwritten():
    """A trainable's own figure of a measured name does not count."""
    figures = OUTCOME.figures()
    assert figures["gpu_seconds"] == 12.0
    assert figures["accuracy"] == 0.9
    assert "energy_j" not in figures  # it could not be measured: no zero stands in for it


def test_nothing_is_lost_as_json():
    """Written in the trial's folder and read again, it is the same."""
    assert Outcome.from_json(json.loads(json.dumps(OUTCOME.to_json()))) == OUTCOME


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (0.5, True), (True, False), (math.nan, False), (math.inf, False), ("1", False)],
)
def test_real_finite_numbers(value, expected):
    """A bool, a text, NaN and infinity are none."""
    assert finite(value) is expected
