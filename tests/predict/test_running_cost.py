"""A running trial's cost, sharpened by what it has reported."""

from __future__ import annotations

import math

import pytest
from paretune.predict.running_cost import RunningCost
from paretune.trial.prediction import Basis, Estimate, Prediction, total

PARTS = {
    "train": Estimate(math.log(10.0), 0.3),
    "convert": Estimate(math.log(1.0), 0.1),
    "overhead": Estimate(math.log(1.0), 0.1),
}
PREDICTION = Prediction({"spent_gpu_seconds": total(PARTS.values(), 0.6)}, Basis.LEARNED, 12, PARTS)


def test_before_a_report_the_prediction_stands():
    """Nothing but the bill is known: the rest is what was predicted, less what is paid."""
    running = RunningCost(PREDICTION, {"epochs": 10})
    high = PREDICTION.figures["spent_gpu_seconds"].high
    assert running.remaining() == pytest.approx(high)
    running.observe(2.0)
    assert running.remaining() == pytest.approx(high - 2.0)


def test_a_slow_trial_is_expected_to_cost_more_and_more_surely():
    """Epochs of 2 s where 1 s was predicted: nearly twice the training, in a narrower interval."""
    running = RunningCost(PREDICTION, {"epochs": 10})
    running.observe(1.0, epoch=0)
    running.observe(9.0, epoch=4)
    whole = running.total()
    assert whole.median == pytest.approx(22.0, rel=0.1)
    assert whole.log_deviation < PREDICTION.figures["spent_gpu_seconds"].log_deviation / 2


def test_epochs_of_pruning_say_nothing_of_training():
    """What is reported beyond the training's own epochs leaves the estimate as it was."""
    running = RunningCost(PREDICTION, {"epochs": 10})
    for epoch, spent in ((1, 2.0), (5, 6.0)):
        running.observe(spent, epoch=epoch)
    before = running.total()
    running.observe(40.0, epoch=12)
    assert running.total() == before


def test_nothing_remains_below_zero():
    """A trial that has paid more than predicted reserves nothing more."""
    running = RunningCost(PREDICTION, {"epochs": 10})
    running.observe(100.0)
    assert running.remaining() == 0.0


def test_sum_of_estimates():
    """Means add up; the more the errors go together, the wider the sum."""
    apart, together = (total(PARTS.values(), shared) for shared in (0.0, 1.0))
    assert apart.mean == pytest.approx(sum(part.mean for part in PARTS.values()))
    assert together.mean == pytest.approx(apart.mean)
    assert together.log_deviation > apart.log_deviation
    assert total([]) is None
