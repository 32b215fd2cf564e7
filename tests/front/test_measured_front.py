from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from made_records import record
from paretune.front.measured_front import measure_front
from paretune.inputs.conditions import Condition
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.objectives import Objectives
from paretune.trial.record import TrialRecord

OBJECTIVES = Objectives(("accuracy", "gpu_seconds"), ("maximize", "minimize"))


def trial(number: int, accuracy: float, seconds: float, **rest: object) -> TrialRecord:
    values = {"accuracy": accuracy, "gpu_seconds": seconds}
    return record(number, values, train=seconds, validation_images=1000, **rest)  # type: ignore[arg-type]


# 0 and 1 differ by less than their noise, and so does the dominated 2; 3 and 4 are far away.
TRIALS = [
    trial(0, 0.950, 1.330),
    trial(1, 0.951, 1.346),
    trial(2, 0.949, 1.340),
    trial(3, 0.990, 8.0),
    trial(4, 0.700, 0.5),
]


def test_what_differs_by_less_than_the_noise_is_one_point() -> None:
    """All that cannot be told apart, members and others; every observed member stays a member."""
    front = measure_front(TRIALS, OBJECTIVES)
    assert [r.number for r in front.records] == [3, 1, 0, 4]
    assert [p.number in (0, 1) or p.number for p in front.points] == [3, True, 4]
    middle = front.points[1]
    assert sorted([middle.number, *(r.number for r in middle.alike)]) == [0, 1, 2]
    assert middle.membership == 1.0
    assert front.memberships[0] < 1.0
    assert front.memberships[2] > 0.1


def test_a_tolerance_stands_in_for_the_noise() -> None:
    """0 tells all apart; a study's own gives way to the one that is asked for."""
    exact = {"accuracy": Tolerance(0.0)}
    assert len(measure_front(TRIALS, OBJECTIVES, exact).points) == 4
    wide = {"accuracy": Tolerance(0.3), "gpu_seconds": Tolerance(10.0)}
    own = Objectives(OBJECTIVES.names, OBJECTIVES.directions, (), wide)
    assert len(measure_front(TRIALS, own).points) == 1
    assert len(measure_front(TRIALS, own, exact).points) == 4


def test_a_constraint_is_kept_or_not_with_some_probability() -> None:
    """0.950 of 1,000 images is at least 0.95 with an even chance, whatever figure is bound."""
    for name in ("accuracy", "accuracy_clean"):
        bound = (Condition(name, ">=", 0.95),)
        objectives = Objectives(OBJECTIVES.names, OBJECTIVES.directions, bound)
        metrics = {"accuracy": 0.95, "accuracy_clean": 0.95, "gpu_seconds": 1.0}
        front = measure_front([trial(0, 0.95, 1.0, metrics=metrics)], objectives)
        assert front.memberships[0] == pytest.approx(0.5, abs=0.1)
        assert len(front.points) == 1


def test_a_configuration_that_ran_again_is_its_mean() -> None:
    """Its figures are the means of its measurements, and the front is that of the means."""
    again = trial(5, 0.97, 1.4, params={"x": 0}, seed=1)
    front = measure_front([*TRIALS, again], OBJECTIVES)
    figures = front.figures(TRIALS[0])
    assert figures == front.figures(again)
    assert figures["accuracy"].value == pytest.approx(0.96)
    assert figures["accuracy"].measurements == 2
    assert figures["gpu_seconds"].value == pytest.approx(1.365)
    assert front.memberships[5] == front.memberships[0]
    assert [r.number for r in front.records] == [3, 0, 1, 2, 4]


@pytest.mark.parametrize("trials", [[], [replace(TRIALS[0], values=None)], TRIALS[:1]])
def test_a_front_of_nothing_or_one(trials: Sequence[TrialRecord]) -> None:
    """It has as many points, and can be written as JSON."""
    front = measure_front(trials, OBJECTIVES)
    assert len(front.points) == len(front.records) == sum(t.values is not None for t in trials)
    assert all(point.sure for point in front.points)
    json.dumps([point.to_json() for point in front.points], allow_nan=False)


def test_infinite_figures_stay_out() -> None:
    """Of another tool's trial: neither a member nor in anybody's way."""
    odd = trial(5, float("nan"), 0.1), trial(6, 0.99, float("inf"))
    front = measure_front([*TRIALS, *odd], OBJECTIVES)
    assert {r.number for r in front.records} == {0, 1, 3, 4}
    assert front.memberships[5] == front.memberships[6] == 0.0


def test_it_says_the_same_whenever_it_is_asked() -> None:
    """The draws have a seed of their own."""
    one, other = (measure_front(TRIALS, OBJECTIVES).points for _ in range(2))
    assert one == other
