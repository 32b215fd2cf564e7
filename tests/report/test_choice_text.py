"""A choice in words."""

from __future__ import annotations

from made_records import record
from paretune.front.choice import choose
from paretune.front.measured_front import measure_front
from paretune.pareto.objectives import Objectives
from paretune.report.choice_text import choice_lines

OBJECTIVES = Objectives(("accuracy", "gpu_seconds"), ("maximize", "minimize"))
FIGURES = [(0.99, 100.0), (0.98, 20.0), (0.96, 15.0), (0.975, 20.0), (0.97, 20.0), (0.978, 20.0)]


def test_a_choice_says_its_rule_its_luck_and_what_was_given_up() -> None:
    """Three kinds of lines; the best of many is expected to be less when measured anew."""
    trials = [
        record(n, {"accuracy": a, "gpu_seconds": s}, train=s, validation_images=359)
        for n, (a, s) in enumerate(FIGURES)
    ]
    rule, luck, *given_up = choice_lines(choose(measure_front(trials, OBJECTIVES)))
    assert rule.startswith("chosen: the knee, among 6 configurations within the bounds; ")
    assert rule.endswith("% likely to be truly on the front")
    assert luck.startswith("measured anew, accuracy is expected to be 0.97")
    assert luck.endswith("rather than 0.9800: the best of many is also the luckiest")
    assert given_up[-1] == (
        "gpu_seconds 15.00 instead of 20.00 (trial 2) would take accuracy 0.9600, not 0.9800"
    )
