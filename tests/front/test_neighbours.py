from __future__ import annotations

from made_records import record
from paretune.front.measured_front import measure_front
from paretune.front.neighbours import neighbours_of
from paretune.pareto.objectives import Objectives

OBJECTIVES = Objectives(("accuracy", "gpu_seconds"), ("maximize", "minimize"))


def test_the_nearest_better_points_say_what_was_given_up() -> None:
    """For more accuracy the next point above, for less cost the next below; what differs by less
    than the noise is neither, and the best in accuracy has none above.
    """
    figures = [(0.99, 100.0), (0.98, 20.0), (0.96, 15.0), (0.90, 10.0), (0.9801, 20.3)]
    trials = [
        record(n, {"accuracy": a, "gpu_seconds": s}, train=s, validation_images=10_000)
        for n, (a, s) in enumerate(figures)
    ]
    front = measure_front(trials, OBJECTIVES)
    above, below = neighbours_of(front, front.point_of(trials[1]))
    assert (above.objective, above.point.number, above.worse) == ("accuracy", 0, ("gpu_seconds",))
    assert (below.objective, below.point.number, below.worse) == ("gpu_seconds", 2, ("accuracy",))
    best = neighbours_of(front, front.point_of(trials[0]))
    assert [neighbour.objective for neighbour in best] == ["gpu_seconds"]
