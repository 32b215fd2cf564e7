"""Reading a space file's table: every mistake is collected, and what is right is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.space.parameters import Choices, Range
from paretune.space.space_file import parse

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["type", "low", "high", "log", "step", "choices", "constant", "when"])


def test_all_kinds_of_parameters():
    """A range, choices, a constant, and one under a condition, in file order."""
    parameters, mistakes = parse(
        {
            "rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True},
            "kind": {"choices": ["a", "b"]},
            "seed": {"constant": 3},
            "extra": {"type": "int", "low": 1, "high": 4, "when": {"kind": "a"}},
        }
    )
    assert mistakes == []
    assert parameters == (
        Range("rate", False, 0.001, 0.1, True),
        Choices("kind", ("a", "b")),
        Choices("seed", (3,)),
        Range("extra", True, 1, 4, when=(("kind", ("a",)),)),
    )


def test_what_is_right_is_kept_beside_mistakes():
    """So that everything else can be checked as well."""
    parameters, mistakes = parse(
        {"good": {"choices": [1, 2]}, "bad": {"type": "float", "low": 1.0}, "worse": 5}
    )
    assert [parameter.name for parameter in parameters] == ["good"]
    assert len(mistakes) == 2


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"nobody": 1}, "nobody is not known"),
        ({"later": 1}, "is decided later"),
        ({"first": "c"}, "can never be met"),
        ({"first": []}, "is an empty list"),
    ],
)
def test_a_condition_that_cannot_hold_is_a_mistake(when, said):
    """With the key and the cure."""
    table = {
        "first": {"choices": ["a", "b"]},
        "x": {"type": "float", "low": 0.0, "high": 1.0, "when": when},
        "later": {"choices": [1, 2]},
    }
    _, mistakes = parse(table)
    assert len(mistakes) == 1
    assert said in mistakes[0]


@given(st.dictionaries(st.text(max_size=8), st.one_of(VALUES, st.dictionaries(KEYS, VALUES))))
def test_whatever_a_file_says_is_a_parameter_or_a_mistake(table):
    """No table ends in an exception; a parameter that is kept is described in words."""
    parameters, mistakes = parse(table)
    assert mistakes or parameters
    for parameter in parameters:
        assert parameter.describe(1)
