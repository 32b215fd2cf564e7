from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import SpaceError
from paretune.space.search_space import Space

SPACE: dict[str, Any] = {
    "optimizer": {"choices": ["adam", "sgd"]},
    "momentum": {"type": "float", "low": 0.0, "high": 0.9, "when": {"optimizer": "sgd"}},
    "nesterov": {"choices": [True, False], "when": {"optimizer": "sgd"}},
    "rate": {"type": "float", "low": 1e-4, "high": 1e-1, "log": True},
    "batch": {"type": "int", "low": 32, "high": 512, "log": True},
    "gpu_count": {"type": "int", "low": 1, "high": "devices"},
    "sparsity": {"type": "float", "low": 0.0, "high": 0.95, "step": 0.05},
    "bits": {"choices": [32, 8, 4]},
    "fine_tune": {"type": "int", "low": 1, "high": 3, "when": {"bits": [8, 4]}},
    "loss": {"constant": "mse"},
}


def space() -> Space:
    return Space.from_table(SPACE, "test.toml")


def sampled(number: int, devices: int = 4) -> list[dict[str, Any]]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    return [space().suggest(study.ask(), devices) for _ in range(number)]


def problems(table: dict[str, Any]) -> str:
    with pytest.raises(SpaceError) as caught:
        Space.from_table(table, "spaces/x.toml")
    return str(caught.value)


def test_suggestions_are_points_of_the_space() -> None:
    """Every suggested point passes the check that baselines pass, with all active names set."""
    points = sampled(200)
    for point in points:
        assert space().check_point(point, 4) == []
        assert tuple(point) == space().active(point)
    assert {point["gpu_count"] for point in points} == {1, 2, 3, 4}
    assert {point["loss"] for point in points} == {"mse"}


def test_conditions_decide_what_is_suggested() -> None:
    """A conditional parameter is there exactly where its parents have the values named."""
    points = sampled(100)
    assert all(("momentum" in p) == (p["optimizer"] == "sgd") for p in points)
    assert all(("fine_tune" in p) == (p["bits"] in (8, 4)) for p in points)
    assert {p["optimizer"] for p in points} == {"adam", "sgd"}


def test_conditions_follow_conditions() -> None:
    """A parameter whose parent is itself inactive is inactive too, whatever value is given."""
    nested = Space.from_table(
        {
            "a": {"choices": ["x", "y"]},
            "b": {"choices": [1, 2], "when": {"a": "x"}},
            "c": {"choices": [5, 6], "when": {"b": 1}},
        },
        "nested",
    )
    assert nested.active({"a": "x", "b": 1}) == ("a", "b", "c")
    assert nested.active({"a": "y", "b": 1}) == ("a",)


def test_grid_values_are_written_as_the_user_would() -> None:
    """A stepped float is 0.15, not 0.15000000000000002: equal points are equal keys."""
    values = {p["sparsity"] for p in sampled(300)}
    assert values == {round(0.05 * k, 2) for k in range(20)}


def test_json_round_trip_keeps_everything() -> None:
    """A space stored with a study and read back is the same space, in the same order."""
    stored = json.loads(json.dumps(space().to_json()))
    assert Space.from_json(stored).parameters == space().parameters


def test_distributions_hold_conditional_parameters() -> None:
    """All parameters have a distribution; "devices" becomes the number there are."""
    found = space().distributions(3)
    assert tuple(found) == space().names
    assert found["gpu_count"] == optuna.distributions.IntDistribution(1, 3)
    assert found["rate"] == optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)


def test_too_few_devices_is_an_error() -> None:
    """A space that starts at two devices says so where there is one."""
    two = Space.from_table({"gpu_count": {"type": "int", "low": 2, "high": "devices"}}, "two")
    with pytest.raises(SpaceError, match="there are 1 devices"):
        two.distributions(1)


def test_every_mistake_is_listed_with_its_cure() -> None:
    """One reading finds all mistakes, each with key and value."""
    text = problems(
        {
            "batch_size": {"type": "int", "low": 16, "high": 8},
            "epochs": 5,
            "bits": [8, 4],
            "rate": {"type": "float", "low": 0.0, "high": 1.0, "log": True},
            "width": {"type": "float", "low": 0.25, "high": 1.0, "step": 0.2},
            "depth": {"type": "int", "low": 1, "high": 4.5},
            "flag": {"choices": [True, 1]},
            "decay": {"low": 0.0, "high": 1.0, "hihg": 2.0},
            "momentum": {"type": "float", "low": 0, "high": 1, "when": {"optimzer": "sgd"}},
            "optimizer": {"choices": ["adam"], "default": "sgd"},
            "extra": {"constant": 1, "choices": [2]},
            "late": {"constant": 1, "when": {"optimizer": "lion"}},
            "early": {"constant": 1, "when": {"latest": 1}},
            "latest": {"constant": 1},
        }
    )
    for line in (
        "batch_size.high is 8, below low 16",
        "epochs is 5, not a table: write [epochs] constant = 5",
        "bits is [8, 4], not a table: write [bits] choices = [8, 4]",
        "rate.low is 0: a log scale needs a low above 0",
        "width.high is 1, not a whole number of steps of 0.2 above 0.25: write 0.85",
        "depth.high is 4.5: give a whole number",
        "flag.choices has 1 twice",
        "decay.hihg is not known (did you mean high?)",
        'decay.type is missing: write "int" or "float"',
        "momentum.when.optimzer is not known (did you mean optimizer?)",
        'optimizer.default is "sgd", not "adam"',
        "extra has choices and constant",
        'late.when.optimizer can never be met: optimizer is "lion", not "adam"',
        "early.when.latest is decided later: move [latest] above [early]",
    ):
        assert f"spaces/x.toml: {line}" in text
    assert len(text.splitlines()) == 14


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "float", "low": float("nan"), "high": 1.0}, "x.low is nan"),
        ({"type": "float", "low": 0.0, "high": float("inf")}, "x.high is inf"),
        ({"type": "int", "low": True, "high": 3}, "x.low is true"),
        ({"type": "float", "low": 0.0, "high": "devices"}, 'x.high is "devices": give a number'),
        ({"type": "int", "low": 0, "high": "devices"}, "at least 1 device"),
        ({"type": "int", "low": 1, "high": 8, "step": 0}, "x.step is 0"),
        ({"type": "int", "low": 1, "high": 8, "step": 1, "log": True}, "drop one of the two"),
        ({"type": "int", "low": 1, "high": 8, "log": 1}, "x.log is 1: write true or false"),
        ({"type": "real", "low": 1, "high": 8}, 'x.type is "real"'),
        ({"choices": []}, "x.choices is []"),
        ({"choices": [[1]]}, "x.choices has [1]"),
        ({}, "x has nothing"),
        ({"constant": 1, "when": "sgd"}, 'x.when is "sgd": write when'),
    ],
)
def test_a_bad_parameter_is_explained(entry: dict[str, Any], message: str) -> None:
    """Each kind of mistake names the key and the value."""
    assert message in problems({"x": entry})


def test_an_empty_space_is_refused() -> None:
    """A file without parameters is no space."""
    assert "no parameters" in problems({})


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"bitz": 8}, "bitz is not in the space (did you mean bits?)"),
        ({"bits": 16}, "bits is 16, not one of 32, 8, 4"),
        ({"sparsity": 0.33}, "off the grid"),
        ({"batch": 16}, "batch is 16, outside 32 to 512"),
        ({"batch": 64.0}, "batch is 64, not a whole number"),
        ({"batch": True}, "batch is true, not a whole number"),
        ({"gpu_count": 3}, "outside 1 to the 2 devices there are"),
        ({"momentum": 0.5}, 'only searched where optimizer = "sgd"'),
        ({"momentum": 0.5, "optimizer": "adam"}, "set that too, or drop momentum"),
        ({"rate": "fast"}, 'rate is "fast", not a number'),
        ({"nesterov": 1, "optimizer": "sgd"}, "nesterov is 1, not one of true, false"),
    ],
)
def test_a_point_outside_is_explained(point: dict[str, Any], message: str) -> None:
    """A baseline's mistake is one line with name, value and what would do."""
    (problem,) = space().check_point(point, 2)
    assert message in problem


def test_a_partial_point_is_fine() -> None:
    """A baseline may leave parameters to the sampler; whole numbers serve as floats."""
    assert space().check_point({"optimizer": "sgd", "momentum": 0, "gpu_count": 9}) == []


def test_fixing_makes_a_constant() -> None:
    """A fixed parameter is suggested as its value alone, and decides conditions unasked."""
    fixed = space().fix({"optimizer": "sgd", "batch": 1024, "unknown": 1})
    point = fixed.suggest(optuna.create_study().ask(), 1)
    assert (point["optimizer"], point["batch"]) == ("sgd", 1024)
    assert "momentum" in point
    assert fixed.check_point({"momentum": 0.5}) == []


@given(
    low=st.integers(-50, 50), steps=st.integers(0, 40), step=st.sampled_from([0.05, 0.1, 0.25, 3.0])
)
def test_a_grids_points_are_in_it(low: int, steps: int, step: float) -> None:
    """Every value low + k * step is on the grid, and half a step beside it is not."""
    entry = {"type": "float", "low": low, "high": low + 40 * step, "step": step}
    grid = Space.from_table({"x": entry}, "grid")
    assert grid.check_point({"x": low + steps * step}) == []
    assert grid.check_point({"x": low + (steps - 0.5) * step}) != []


def test_a_path_wins_over_a_bundled_name(tmp_path: Path) -> None:
    """`cnn` is the bundled space, unless a file of exactly that name is there."""
    assert "bits" in Space.load("cnn", tmp_path).names
    (tmp_path / "cnn").write_text("[mine]\nconstant = 1\n")
    assert Space.load("cnn", tmp_path).names == ("mine",)


def test_a_missing_space_names_the_bundled_ones(tmp_path: Path) -> None:
    """A misspelt name is answered with the names there are."""
    with pytest.raises(SpaceError, match=r"bundled spaces: .*cnn.*did you mean cnn"):
        Space.load("cmn", tmp_path)


def test_broken_toml_is_one_line(tmp_path: Path) -> None:
    """A syntax error says where it is."""
    (tmp_path / "x.toml").write_text("[a\n")
    with pytest.raises(SpaceError, match=r"not valid TOML: .*line 1") as caught:
        Space.load("x.toml", tmp_path)
    assert "\n" not in str(caught.value)


def test_text_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    """A file in another encoding is told apart from a syntax error."""
    (tmp_path / "x.toml").write_bytes(b"# \xff\n")
    with pytest.raises(SpaceError, match="UTF-8"):
        Space.load("x.toml", tmp_path)
