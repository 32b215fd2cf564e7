from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import ExportError
from paretune.inputs.conditions import Condition
from paretune.pareto.objectives import Objectives
from paretune.pareto.selection import (
    best,
    candidates,
    filtered,
    front_of,
    knee,
    parse_weights,
    weighted,
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


FRONT = [trial(0, 0.99, 100.0), trial(1, 0.98, 20.0), trial(2, 0.96, 15.0), trial(3, 0.90, 10.0)]
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


@given(st.lists(POINT, min_size=1, max_size=12), st.integers(1, 9), st.integers(1, 9))
def test_every_rule_chooses_from_the_front(
    drawn: list[tuple[int, int, str]], first: int, second: int
) -> None:
    """Whatever the weights, the choice is a member, and the same one in any order of trials."""
    front = front_of(points(drawn), OBJECTIVES)
    if not front:
        return
    weights = {"accuracy": float(first), "gpu_seconds": float(second)}
    for choose in (
        lambda f: knee(f, OBJECTIVES),
        lambda f: best(f, OBJECTIVES, "gpu_seconds"),
        lambda f: weighted(f, OBJECTIVES, weights),
    ):
        chosen = choose(front)
        assert chosen in front
        assert choose(list(reversed(front))).values == chosen.values


def test_the_knee_is_where_the_front_bulges() -> None:
    """The point furthest from the line between the extremes, worked out by hand."""
    # Normalised losses (0, 1), (1/9, 1/9), (1/3, 1/18), (1, 0): the second has the least sum.
    assert knee(FRONT, OBJECTIVES).number == 1
    assert knee(FRONT[:1], OBJECTIVES).number == 0


def test_best_is_one_figure() -> None:
    """The best in an objective, a metric or a parameter with a unit; ties go to the knee."""
    assert best(FRONT, OBJECTIVES, "accuracy").number == 0
    assert best(FRONT, OBJECTIVES, "gpu_seconds").number == 3
    timed = [
        trial(t.number, t.values["accuracy"], t.values["gpu_seconds"], metrics={"latency_ms": m})
        for t, m in zip(FRONT, (3.0, 2.0, 2.0, 2.0), strict=True)
        if t.values
    ]
    tied = best(timed, OBJECTIVES, "latency_ms")
    assert tied.number == 2  # of 1, 2 and 3, normalised among themselves


def test_weights_move_the_choice() -> None:
    """All weight on one objective chooses its extreme; equal weights choose the knee."""
    assert weighted(FRONT, OBJECTIVES, {"accuracy": 1.0}).number == 0
    assert weighted(FRONT, OBJECTIVES, {"gpu_seconds": 1.0}).number == 3
    both = {"accuracy": 2.0, "gpu_seconds": 2.0}
    assert weighted(FRONT, OBJECTIVES, both) == knee(FRONT, OBJECTIVES)


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


def test_candidates_are_the_front_of_what_passes() -> None:
    """A trial that only filtered-out trials dominate is a candidate."""
    trials = [
        trial(0, 0.9, 1.0, params={"bits": 32}),
        trial(1, 0.8, 2.0, params={"bits": 8}),
        trial(2, 0.7, 3.0, params={"bits": 8}),
    ]
    assert [t.number for t in candidates(trials, OBJECTIVES, ["bits <= 8"])] == [1]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (["accuracy"], "where 'accuracy' is no condition"),
        (["acuracy >= 1"], "no trial has acuracy (did you mean accuracy?)"),
        (
            ["accuracy >= 0.999"],
            "where 'accuracy >= 0.999': no trial fulfils it; "
            "the front has accuracy from 0.9 to 0.99",
        ),
    ],
)
def test_a_filter_that_cannot_work_is_explained(where: list[str], message: str) -> None:
    """Syntax, unknown figures and bounds out of reach each have their own line."""
    with pytest.raises(ExportError) as caught:
        candidates(FRONT, OBJECTIVES, where)
    assert message in str(caught.value)


def test_an_empty_front_is_explained() -> None:
    """Where every trial broke a constraint there is nothing to choose from."""
    with pytest.raises(ExportError, match="the front is empty"):
        candidates([trial(0, 0.1, 1.0, feasible=False)], OBJECTIVES)


def test_unknown_figures_are_explained() -> None:
    """`--best` names what there is; a bare metric without a direction asks for one."""
    with pytest.raises(ExportError, match=r"no trial has it \(did you mean accuracy\?\)"):
        best(FRONT, OBJECTIVES, "acuracy")
    scored = [trial(0, 0.9, 1.0, metrics={"f1": 1.0})]
    with pytest.raises(ExportError, match="more or less of it is better"):
        best(scored, OBJECTIVES, "f1")


def test_weights_are_read_and_checked() -> None:
    """name=number pairs of objectives, each above 0."""
    assert parse_weights("accuracy=3, gpu_seconds=1.5") == {"accuracy": 3.0, "gpu_seconds": 1.5}
    for text in ("", "accuracy", "accuracy=x", "=3", "accuracy=1,accuracy=2"):
        with pytest.raises(ExportError, match="write accuracy=3,gpu_seconds=1"):
            parse_weights(text)
    with pytest.raises(ExportError, match=r"acuracy: not an objective \(did you mean accuracy\?\)"):
        weighted(FRONT, OBJECTIVES, {"acuracy": 1.0})
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ExportError, match="a number above 0"):
            weighted(FRONT, OBJECTIVES, {"accuracy": wrong})
