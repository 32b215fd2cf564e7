from __future__ import annotations

import numpy as np
from made_records import record
from paretune.front.measured_front import MeasuredFront, measure_front
from paretune.front.replication import next_to_replicate, with_assumed_noise
from paretune.pareto.objectives import Objectives
from paretune.trial.record import TrialRecord

OBJECTIVES = Objectives(("accuracy", "gpu_seconds"), ("maximize", "minimize"))


def trial(number: int, accuracy: float, seconds: float, **rest: object) -> TrialRecord:
    values = {"accuracy": accuracy, "gpu_seconds": seconds}
    return record(number, values, train=seconds, validation_images=2000, **rest)  # type: ignore[arg-type]


def front(*trials: TrialRecord) -> MeasuredFront:
    return measure_front(trials, OBJECTIVES)


# 0 and 3 stand alone; whether 1 or 2 is the better, or both, is not sure.
UNSURE = (trial(0, 0.99, 100.0), trial(1, 0.950, 10.0), trial(2, 0.952, 10.2), trial(3, 0.8, 1.0))


def test_the_least_sure_is_measured_again() -> None:
    """Not the sure ones, though they be cheaper; of two that are as unsure the cheaper one."""
    found = next_to_replicate(front(*UNSURE), [1.0] * 4)
    assert found is not None
    assert found.record.number in (1, 2)
    for costs, number in (([1.0, 1.0, 9.0, 1.0], 1), ([1.0, 9.0, 1.0, 1.0], 2)):
        cheaper = next_to_replicate(front(*UNSURE), costs)
        assert cheaper is not None
        assert cheaper.record.number == number


def test_what_is_sure_barred_or_measured_often_is_left_alone() -> None:
    """Then there is nothing to measure again."""
    assert next_to_replicate(front(UNSURE[0], UNSURE[3]), [1.0, 1.0]) is None
    assert next_to_replicate(front(*UNSURE), [1.0] * 4, barred=[1, 2]) is None
    again = [trial(9 + s, 0.95, 10.0, params={"x": 1}, seed=s) for s in range(2)]
    often = next_to_replicate(front(*UNSURE, *again), [1.0] * 4, most=3)
    assert often is not None
    assert often.record.number == 2
    assert next_to_replicate(front(), []) is None


def test_the_noise_of_seeds_is_assumed_until_it_is_known() -> None:
    """As much as that of the images; two seeds that differ by 1 % take its place."""
    assumed = with_assumed_noise(front(*UNSURE)).noises[0].deviation
    assert assumed is not None
    assert 0.001 < assumed < 0.01
    seeds = [trial(9, 0.96, 10.0, params={"x": 1}, seed=1)]
    known = with_assumed_noise(front(*UNSURE, *seeds)).noises[0].deviation
    assert known is not None
    assert np.isclose(known, 0.01 / np.sqrt(2))
