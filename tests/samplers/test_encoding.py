"""Parameters to numbers and back, and conditions learnt from trials."""

from __future__ import annotations

import numpy as np
import pytest
from any_space import spaces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from paretune.samplers.encoding import EncodedSpace
from paretune.space.parameters import Range
from paretune.space.points import draw

ALL = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.9, step=0.1),
    "momentum": FloatDistribution(0.0, 0.99),
    "layers": IntDistribution(1, 5),
    "batch": IntDistribution(32, 512, step=32),
    "epochs": IntDistribution(1, 52),
    "units": IntDistribution(16, 1024, log=True),
    "optimizer": CategoricalDistribution(["sgd", "adam", "lion"]),
    "nesterov": CategoricalDistribution([True, False]),
    "fixed": IntDistribution(3, 3),
    "only": CategoricalDistribution(["x"]),
}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_decoded_is_allowed_and_encodes_to_the_snapped_row(seed):
    """decode gives values of their distribution; encode undoes it up to snapping."""
    space = EncodedSpace(ALL)
    unit = np.random.default_rng(seed).random((1, len(ALL)))
    params = space.decode(unit[0])
    for name, distribution in ALL.items():
        assert distribution._contains(distribution.to_internal_repr(params[name])), name
    assert space.encode(params) == pytest.approx(space.snap(unit)[0], abs=1e-6)
    assert space.snap(space.snap(unit)) == pytest.approx(space.snap(unit))


def test_border_values_are_as_likely_as_the_others():
    """Of 1 to 5 layers each gets a fifth of the unit interval."""
    space = EncodedSpace({"layers": ALL["layers"]})
    layers = [space.decode(np.array([u]))["layers"] for u in np.linspace(0, 1, 5001)]
    assert np.bincount(layers)[1:] / len(layers) == pytest.approx([0.2] * 5, abs=0.001)


def test_any_two_choices_are_equally_far_apart():
    """One-hot features: distance 1 between any two of three choices, and of two."""
    space = EncodedSpace({"optimizer": ALL["optimizer"], "nesterov": ALL["nesterov"]})
    rows = np.array(
        [space.encode({"optimizer": o, "nesterov": True}) for o in ("sgd", "adam", "lion")]
    )
    x = space.features(rows)
    gaps = [np.linalg.norm(x[i] - x[j]) for i in range(3) for j in range(i)]
    assert gaps == pytest.approx([1.0] * 3)


def test_counts_over_a_wide_range_are_compared_by_ratio():
    """1 to 2 epochs is a longer way than 51 to 52, though the space is not logarithmic."""
    space = EncodedSpace({"epochs": ALL["epochs"]})
    one, two, late, end = (space.encode({"epochs": n})[0] for n in (1, 2, 51, 52))
    assert two - one > 5 * (end - late)


def test_a_condition_on_a_choice_is_read_off_the_trials():
    """A parameter seen only under one choice is inactive, and makes no difference, elsewhere."""
    distributions = {"optimizer": ALL["optimizer"], "momentum": ALL["momentum"]}
    seen = [{"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "adam"}]
    space = EncodedSpace(distributions, seen)
    rows = np.array(
        [space.encode({"optimizer": o, "momentum": 0.2}) for o in ("sgd", "adam", "lion")]
    )
    # a choice nobody tried may well have it
    assert space.active(rows)[:, 1].tolist() == [True, False, True]
    other = rows.copy()
    other[:, 1] = 0.9
    assert (space.features(rows) == space.features(other)).all(1).tolist() == [False, True, False]


def test_a_condition_on_a_number_is_a_threshold():
    """`units_3` exists from three layers on; between what was seen, the nearest decides."""
    distributions = {"layers": ALL["layers"], "units_3": ALL["units"]}
    seen = [{"layers": 1}, {"layers": 2}, {"layers": 3, "units_3": 64}]
    space = EncodedSpace(distributions, seen)
    rows = np.array([space.encode({"layers": n}) for n in range(1, 6)])
    assert space.active(rows)[:, 1].tolist() == [False, False, True, True, True]


def test_conditions_nest():
    """What depends on an inactive parameter is inactive."""
    distributions = {
        "optimizer": ALL["optimizer"],
        "nesterov": ALL["nesterov"],
        "momentum": ALL["momentum"],
    }
    seen = [
        {"optimizer": "adam"},
        {"optimizer": "sgd", "nesterov": False},
        {"optimizer": "sgd", "nesterov": True, "momentum": 0.5},
    ]
    space = EncodedSpace(distributions, seen)
    row = space.encode({"optimizer": "adam", "nesterov": True, "momentum": 0.5})
    assert space.active(row[None])[0].tolist() == [True, False, False]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_every_mutant_is_a_neighbour_within_the_space(seed):
    """Mutants are snapped, in range, and differ from their parent."""
    space = EncodedSpace(ALL)
    rng = np.random.default_rng(seed)
    parents = space.random(rng, 50)
    mutants = space.mutate(rng, parents, 0.4)
    assert ((mutants >= 0) & (mutants <= 1)).all()
    assert mutants == pytest.approx(space.snap(mutants))
    assert (np.abs(mutants - parents).max(1) > 0).mean() > 0.6


def test_a_value_out_of_a_changed_range_is_taken_to_the_border():
    """A study's ranges may shrink: older trials stay of use."""
    space = EncodedSpace({"rate": FloatDistribution(1e-3, 1e-2, log=True)})
    assert space.encode({"rate": 1.0}) == [1.0]
    assert space.encode({"rate": -1.0}) == [0.0]


@pytest.mark.parametrize(
    ("name", "value"), [("x", "relu"), ("x", None), ("x", float("nan")), ("kind", "gone")]
)
def test_a_value_of_another_kind_is_in_the_middle(name, value):
    """An earlier study may have had other choices, or another kind of value, by the same name."""
    space = EncodedSpace(
        {"x": FloatDistribution(0, 1), "kind": CategoricalDistribution(["a", "b", "c"])}
    )
    strange = space.encode({"x": 0.25, "kind": "a", name: value})
    expected = space.encode({"x": 0.25, "kind": "a"} | {name: {"x": 0.5, "kind": "b"}[name]})
    assert strange == pytest.approx(expected)


@given(space=spaces(), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_space_of_a_user_can_be_encoded(space, seed):
    """Words, huge ranges, fine steps, conditions: all rows are finite, and decode to points."""
    rng = np.random.default_rng(seed)
    points = [draw(space, rng, 2) for _ in range(4)]
    encoded = EncodedSpace(space.distributions(2), points)
    known = np.array([encoded.encode(point) for point in points])
    made = [encoded.random(rng, 4), encoded.mutate(rng, known, 0.4), encoded.centre()[None]]
    ends = [np.zeros_like(known[:1]), np.ones_like(known[:1])]
    rows = np.vstack([known, *made, *ends])
    assert ((rows >= 0) & (rows <= 1)).all()
    assert np.isfinite(encoded.features(encoded.snap(rows))).all()
    for row in rows:
        for name, value in encoded.decode(row).items():
            assert space[name].problem(given_to_trials(space[name], value), 2) is None


def given_to_trials(parameter, value):
    """A step as its file would spell it, where Optuna's has a rounding error."""
    if isinstance(parameter, Range) and not parameter.whole and parameter.step:
        return parameter.as_written(value)
    return value


@pytest.mark.parametrize(
    "distribution",
    [
        IntDistribution(1, 1001, step=100),  # half a step below 1 there is no logarithm
        IntDistribution(0, 2**63 - 1),
        IntDistribution(1, 2**63 - 1, log=True),
    ],
)
def test_wide_ranges_of_whole_numbers_have_finite_rows(distribution):
    """And both ends are values of theirs, to the last digit."""
    space = EncodedSpace({"n": distribution})
    unit = space.snap(np.array([[0.0], [0.3], [1.0]]))
    assert np.isfinite(space.features(unit)).all()
    values = [space.decode(row)["n"] for row in unit]
    assert values[0] == distribution.low
    assert distribution.low < values[1] < values[2] <= distribution.high


def test_an_encoding_that_is_used_again_is_the_same():
    """What it remembers of values changes nothing; other distributions begin anew."""
    rng = np.random.default_rng(0)
    first = EncodedSpace(ALL)
    points = [first.decode(row) for row in first.random(rng, 20)]
    rows = [first.encode(point) for point in points]
    again = EncodedSpace(ALL, points, first)
    fresh = EncodedSpace(ALL, points)
    for point, row in zip(points, rows, strict=True):
        assert (again.encode(point) == row).all()
        assert (fresh.encode(point) == row).all()
    wider = {**ALL, "momentum": FloatDistribution(0.0, 9.9)}
    assert (EncodedSpace(wider, before=first).encode(points[0]) != rows[0]).any()
