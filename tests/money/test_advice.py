"""Advice: what saves, how surely, and whether the conditions still hold."""

from __future__ import annotations

from dataclasses import replace

import cost_laws as laws
import numpy as np
import pytest
from cost_laws import CNN
from paretune.inputs.conditions import Condition
from paretune.money.advice import advise, saving_ratio
from paretune.predict.predictor import Predictor
from paretune.space.points import at, completed, draw, neighbours, values

START = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 64,
    "gpu_count": 2,
    "epochs": 8,
    "width": 1.0,
    "stem": "pool",
    "schedule": "constant",
    "sparsity": 0.5,
    "bits": 8,
}


def with_accuracy(observation):
    """Accuracy that hangs on the width alone: 0.90 at a quarter, 0.99 at full width."""
    accuracy = 1 - 0.01 * observation.params["width"] ** -1.66
    return replace(observation, figures={**observation.figures, "accuracy": accuracy})


@pytest.fixture(scope="module")
def trials():
    return [with_accuracy(o) for o in laws.trials(40)]


@pytest.fixture(scope="module")
def predictor(trials):
    return Predictor.learn(CNN, 2, trials)


def cost(params):
    return sum(laws.seconds(params).values())


def test_savings_are_what_the_law_says(trials, predictor):
    """Each saving that is advised lies within its stated uncertainty of the true one, mostly."""
    found = advise(predictor, trials, START, [Condition("accuracy", ">=", 0.9)], 2)
    assert {"epochs", "gpu_count", "sparsity"} <= {advice.parameter for advice in found}
    right = 0
    for advice in found:
        true = cost(advice.params) / cost(START)
        assert advice.ratio.median == pytest.approx(true, rel=0.25)
        right += advice.ratio.low * 0.95 <= true <= advice.ratio.high * 1.05
    assert right >= len(found) / 2


def test_what_would_break_the_condition_is_not_advised(trials, predictor):
    """A narrower network is cheaper, but not good enough: it is left out, fewer epochs are not."""
    strict = advise(predictor, trials, START, [Condition("accuracy", ">=", 0.985)], 2)
    loose = advise(predictor, trials, START, [Condition("accuracy", ">=", 0.5)], 2)
    widths = [a.after for a in strict if a.parameter == "width"]
    assert all(width > 0.7 for width in widths)
    assert min(a.after for a in loose if a.parameter == "width") == 0.25
    assert any(a.parameter == "epochs" for a in strict)


def test_a_condition_on_a_parameter_is_kept(trials, predictor):
    """A bound on a parameter itself rules out the changes that break it."""
    found = advise(predictor, trials, START, [Condition("width", ">=", 0.5)], 2)
    assert all(advice.params["width"] >= 0.5 for advice in found)
    assert found


def test_what_nothing_is_known_of_is_not_promised(trials, predictor):
    """Without a trial that tells of a figure, no change is said to keep it."""
    assert advise(predictor, trials, START, [Condition("latency_ms", "<=", 1.0)], 2) == []
    assert advise(predictor, trials[:2], START, [Condition("accuracy", ">=", 0.5)], 2) == []


def test_best_first_and_one_a_parameter(trials, predictor):
    """The largest saving comes first, and each parameter is named once."""
    found = advise(predictor, trials, START, [], 2)
    savings = [advice.saving for advice in found]
    assert savings == sorted(savings, reverse=True)
    assert len({advice.parameter for advice in found}) == len(found)


def test_nothing_learnt_no_ratio():
    """Before any trial there is nothing to advise from."""
    assert saving_ratio(Predictor.learn(CNN, 2, []), START, {**START, "epochs": 1}) is None


def test_points_stay_in_the_space():
    """Random points, neighbours and completed ones are valid, conditions included."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert CNN.check_point(draw(CNN, rng, 2), 2) == []
    for name, point in neighbours(CNN, START, 2):
        assert CNN.check_point(point, 2) == []
        assert point.get(name) != START[name]
    assert "momentum" in completed(CNN, {**START, "optimizer": "sgd"}, 2)
    assert "momentum" not in completed(CNN, {**START, "momentum": 0.5}, 2)


def test_values_of_a_range_reach_both_ends():
    """The places that are tried include the least and the largest, on the range's own grid."""
    assert values(CNN["epochs"], 2)[0] == 1
    assert values(CNN["epochs"], 2)[-1] == 8
    assert values(CNN["gpu_count"], 2) == [1, 2]
    assert values(CNN["bits"], 2) == [32, 16, 8, 4]
    assert at(CNN["learning_rate"], 0.5, 2) == pytest.approx(10**-2.5, rel=1e-5)
