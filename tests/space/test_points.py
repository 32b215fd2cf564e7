"""Points of a space: drawn, in the middle, next to each other; always points of that space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paretune.space.parameters import Choices, Range
from paretune.space.points import at, completed, draw, middle, neighbours, values
from paretune.space.search_space import Space

LARGEST = 2**63 - 1
SPACE = Space.from_json(
    {
        "kind": {"choices": ["a", "b"]},
        "rate": {"type": "float", "low": 1e-4, "high": 1e-1, "log": True},
        "fine": {"type": "float", "low": 0.0, "high": 0.9999999, "step": 1e-7},
        "seed": {"type": "int", "low": 0, "high": LARGEST},
        "extra": {"type": "int", "low": 1, "high": 9, "step": 4, "when": {"kind": "b"}},
    },
    "test",
)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_every_point_is_one_of_the_space(seed):
    """Drawn ones, their neighbours, and the middle: nothing is wrong with any of them."""
    point = draw(SPACE, np.random.default_rng(seed), 2)
    found = [point, middle(SPACE, 2), *(other for _, other in neighbours(SPACE, point, 2))]
    for one in found:
        assert SPACE.check_point(one, 2) == []
        assert set(one) == set(SPACE.active(one))


def test_a_huge_range_has_a_few_places():
    """Both ends among them; not two thousand million."""
    assert values(Range("seed", True, 0, 2**31 - 1), 1) == [
        0,
        536870912,
        1073741824,
        1610612735,
        2147483647,
    ]
    assert len(values(Range("x", False, 0.0, 1.0, step=1e-9), 1)) == 5


@pytest.mark.parametrize(
    "parameter",
    [
        Range("x", False, 0.0, 0.9999999),
        Range("x", False, 1e-7, 1 + 1e-7, step=1e-7),
        Range("n", True, 1, LARGEST, log=True),
        Range("n", True, -LARGEST, LARGEST, step=2),
        Choices("c", ("a", 1, 2.5, True)),
    ],
)
def test_the_ends_are_values(parameter):
    """No rounding leaves the range or its steps."""
    for place in (0.0, 0.3, 0.5, 0.999, 1.0):
        assert parameter.problem(at(parameter, place, 1)) is None


def test_what_comes_to_apply_gets_its_middle():
    """And what no longer applies goes."""
    point = completed(SPACE, {"kind": "b", "rate": 0.01, "fine": 0.5, "seed": 1}, 2)
    assert point["extra"] == 5
    assert "extra" not in completed(SPACE, {**point, "kind": "a"}, 2)
