"""Mistakes of a file, collected: values as TOML spells them, and near names."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.inputs.mistakes import Mistakes, did_you_mean, is_number, is_whole, literal

SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))


@given(SCALARS | st.lists(SCALARS, max_size=3))
def test_literals_are_toml(value: object) -> None:
    """What is quoted in a message can be pasted into the file."""
    try:
        read = tomllib.loads(f"value = {literal(value)}")["value"]
    except tomllib.TOMLDecodeError:
        parts = value if isinstance(value, list) else [value]
        assert not all(str(part).isprintable() for part in parts)
    else:
        assert read == value


def test_long_numbers_are_cut() -> None:
    """A number of hundreds of digits does not fill the terminal."""
    assert literal(10**400) == "1" + "0" * 39 + "..."


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [
        (1, True, True),
        (1.5, True, False),
        (True, False, False),
        (float("nan"), False, False),
        (float("inf"), False, False),
        (2**63 - 1, True, True),
        (2**63, False, False),
        (10**400, False, False),
        ("1", False, False),
        (None, False, False),
    ],
)
def test_numbers(value: object, number: bool, whole: bool) -> None:
    """Finite, of at most 64 bits, and no truth value."""
    assert is_number(value) == number
    assert is_whole(value) == whole


def test_unknown_keys_come_with_a_guess() -> None:
    """A near name is proposed, the known ones are listed."""
    found = Mistakes()
    found.unknown("budget.", "trails", ["trials", "dollars"])
    assert found == ["budget.trails is not known (did you mean trials?); known: trials, dollars"]
    assert did_you_mean("xyz", ["trials"]) == ""
