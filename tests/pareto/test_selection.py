from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import ExportError
from paretune.inputs.conditions import Condition
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.objectives import Objectives
from paretune.pareto.selection import (
    check_weights,
    filtered,
    front_of,
    parse_tolerances,
    parse_weights,
)

OBJECTIVES = Objectives(
    ("accuracy", "gpu_seconds"), ("maximize", "minimize"), (Condition("accuracy", ">=", 0.5),)
)


@dataclass(frozen=True)
class Trial:
    number: int
    values: Mapping[str, float] | None
    feasible: bool = True
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


def trial(number: int, accuracy: float, seconds: float, **rest: Any) -> Trial:
    return Trial(number, {"accuracy": accuracy, "gpu_seconds": seconds}, **rest)


POINT = st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from("yyyni"))


def points(drawn: list[tuple[int, int, str]]) -> list[Trial]:
    made = []
    for number, (accuracy, seconds, kind) in enumerate(drawn):
        if kind == "n":
            made.append(Trial(number, None, feasible=False))
        else:
            made.append(trial(number, accuracy / 4, float(seconds), feasible=kind == "y"))
    return made


@given(st.lists(POINT, max_size=12))
def test_the_front_is_feasible_and_nondominated(drawn: list[tuple[int, int, str]]) -> None:
    """Against the definition; failed and infeasible trials are never in it and dominate nobody."""
    trials = points(drawn)
    front = front_of(trials, OBJECTIVES)
    able = [t for t in trials if t.values is not None and t.feasible]

    def beaten(one: Trial) -> bool:
        assert one.values is not None
        mine = (-one.values["accuracy"], one.values["gpu_seconds"])
        theirs = [(-t.values["accuracy"], t.values["gpu_seconds"]) for t in able if t.values]
        return any(a <= mine[0] and b <= mine[1] and (a, b) != mine for a, b in theirs)

    assert {t.number for t in front} == {t.number for t in able if not beaten(t)}
    accuracies = [t.values["accuracy"] for t in front if t.values]
    assert accuracies == sorted(accuracies, reverse=True)


def test_filters_read_objectives_metrics_and_parameters() -> None:
    """All conditions must be met; a trial without the figure does not meet it."""
    trials = [
        trial(0, 0.9, 1.0, params={"bits": 8}, metrics={"latency_ms": 1.0}),
        trial(1, 0.9, 1.0, params={"bits": 32}, metrics={"latency_ms": 1.0}),
        trial(2, 0.9, 1.0, params={"bits": 4}),
    ]
    conditions = ["bits <= 8", "latency_ms <= 2", "accuracy >= 0.9"]
    assert [t.number for t in filtered(trials, conditions)] == [0]
    assert filtered(trials, []) == trials


def test_weights_are_read_and_checked() -> None:
    """name=number pairs of objectives, each above 0."""
    assert parse_weights("accuracy=3, gpu_seconds=1.5") == {"accuracy": 3.0, "gpu_seconds": 1.5}
    for text in ("", "accuracy", "accuracy=x", "=3", "accuracy=1,accuracy=2"):
        with pytest.raises(ExportError, match="write accuracy=3,gpu_seconds=1"):
            parse_weights(text)
    with pytest.raises(ExportError, match=r"acuracy: not an objective \(did you mean accuracy\?\)"):
        check_weights({"acuracy": 1.0}, OBJECTIVES)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ExportError, match="a number above 0"):
            check_weights({"accuracy": wrong}, OBJECTIVES)


def test_tolerances_are_read_and_checked() -> None:
    """By objective, or as texts; each wrong one with its cure."""
    three = {"gpu_seconds": Tolerance(0.03, relative=True)}
    assert parse_tolerances({"gpu_seconds": "3 %"}, OBJECTIVES) == three
    assert parse_tolerances(["gpu_seconds = 3 %"], OBJECTIVES) == three
    for wrong, message in (
        (["acuracy=1"], r"acuracy: not an objective \(did you mean accuracy\?\)"),
        (["accuracy"], "accuracy is '': write a share such as"),
        (["accuracy=much"], "accuracy is 'much': write a share such as"),
    ):
        with pytest.raises(ExportError, match=message):
            parse_tolerances(wrong, OBJECTIVES)
