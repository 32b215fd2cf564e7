from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.study import StudyDirection
from paretune.errors import StudyError
from paretune.inputs.conditions import Condition
from paretune.pareto.objectives import Objectives
from paretune.spec.study_spec import StudySpec

OBJECTIVES = Objectives(
    names=("accuracy", "gpu_seconds"),
    directions=("maximize", "minimize"),
    constraints=(Condition("accuracy", ">=", 0.9), Condition("latency_ms", "<=", 5.0)),
)
NUMBER = st.floats(-1e6, 1e6)


def test_the_order_is_the_study_files() -> None:
    """Names and directions come in the order of the file, as Optuna wants them."""
    found = StudySpec.load("digits").objectives
    assert found.names == ("accuracy", "gpu_seconds", "peak_memory_mib", "model_kib_compressed")
    assert found.optuna_directions == [StudyDirection.MAXIMIZE] + [StudyDirection.MINIMIZE] * 3
    assert [str(c) for c in found.constraints] == ["accuracy >= 0.85"]


def test_values_are_picked_by_name() -> None:
    """Only the objectives are taken, unchanged, in order."""
    figures = {"gpu_seconds": 3, "loss": 1.0, "accuracy": 0.5, "latency_ms": 1.0}
    assert OBJECTIVES.values(figures) == [0.5, 3.0]


def test_a_missing_figure_is_named_with_what_there_is() -> None:
    """The message says which figure is missing and which were reported."""
    figures = {"gpu_seconds": 3.0, "acc": 0.5, "latency_ms": 1.0}
    with pytest.raises(StudyError, match="did not report accuracy; there are: gpu_seconds, acc"):
        OBJECTIVES.values(figures)
    assert OBJECTIVES.missing({}) == (
        "the trial reported neither accuracy nor gpu_seconds nor latency_ms; there are: nothing"
    )


def test_an_unmetered_figure_is_no_fault_of_the_trainable() -> None:
    """Energy on a machine without an energy counter is told apart from a forgotten metric."""
    energy = Objectives(("energy_j",), ("minimize",))
    assert energy.missing({"loss": 1.0}) == "the trial has no meter for energy_j; there are: loss"


@given(st.lists(st.tuples(NUMBER, NUMBER), max_size=5))
def test_losses_are_values_turned(rows: list[tuple[float, float]]) -> None:
    """Turning twice gives the values again, and less is better in every column."""
    losses = OBJECTIVES.to_minimise(rows)
    assert losses.shape == (len(rows), 2)
    assert np.array_equal(OBJECTIVES.from_minimised(losses), np.array(rows).reshape(-1, 2))
    for i, (accuracy, seconds) in enumerate(rows):
        for j, (other_accuracy, other_seconds) in enumerate(rows):
            assert (losses[i, 0] < losses[j, 0]) == (accuracy > other_accuracy)
            assert (losses[i, 1] < losses[j, 1]) == (seconds < other_seconds)


def test_violations_have_optunas_sign() -> None:
    """At most 0 where the bound is kept; a figure that was not reported breaks its bound."""
    kept = OBJECTIVES.violations({"accuracy": 0.95, "latency_ms": 5.0})
    assert kept == {"accuracy": pytest.approx(-0.05), "latency_ms": 0.0}
    assert OBJECTIVES.violations({"accuracy": 0.89, "latency_ms": 5.0})["accuracy"] > 0
    assert not OBJECTIVES.violations({"accuracy": 0.95})["latency_ms"] <= 0


@pytest.mark.parametrize(
    ("figure", "loss"),
    [
        ("accuracy", -2.0),
        ("latency_ms", 2.0),
        ("peak_memory_mib", 2.0),
        ("model_kib", 2.0),
        ("model_kib_compressed", 2.0),
        ("images_per_ms", None),
        ("f1", None),
    ],
)
def test_any_figures_better_side(figure: str, loss: float | None) -> None:
    """Objectives, bounds and units tell which way is better; a bare metric of a user does not."""
    assert OBJECTIVES.loss_of(figure, 2.0) == loss


def test_what_is_compared_by_its_ratio() -> None:
    """Every cost by its unit, wherever in the name that stands; never what is to be maximised."""
    names = ("accuracy", "gpu_seconds", "model_kib_compressed", "images_per_ms", "saved_seconds")
    directions = ("maximize", "minimize", "minimize", "minimize", "maximize")
    assert Objectives(names, directions).logarithmic == [False, True, True, False, False]


def greatest(*conditions: Condition) -> list[float]:
    """Of three objectives under these conditions."""
    names = ("accuracy", "gpu_seconds", "score")
    return Objectives(names, ("maximize", "minimize", "minimize"), conditions).greatest_losses


def test_a_bound_on_the_worse_side_is_a_greatest_loss() -> None:
    """As losses: the error of an accuracy, the logarithm of a cost; the bound itself included."""
    found = greatest(Condition("accuracy", ">=", 0.9), Condition("gpu_seconds", "<=", 100.0))
    assert found == [pytest.approx(0.1), pytest.approx(2.0), math.inf]
    assert found[0] > 1 - 0.9


def test_other_constraints_are_no_greatest_losses() -> None:
    """A figure that is no objective, and a bound on an objective's better side."""
    conditions = (Condition("latency_ms", "<=", 1.0), Condition("score", ">=", 0.5))
    assert greatest(*conditions) == [math.inf] * 3
