from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.inputs.overrides import apply

BARE = st.text(st.sampled_from("abcxyz_-./>"), min_size=1).filter(
    lambda text: text not in {"nan", "inf"}
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("2.5", 2.5),
        ("1e-4", 1e-4),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ('"2"', "2"),
        ("nsgaii", "nsgaii"),
        (">= 0.95", ">= 0.95"),
        ("../data/mnist.npz", "../data/mnist.npz"),
        ("a=b", "a=b"),
    ],
)
def test_values_are_toml_or_bare_words(text: str, value: Any) -> None:
    """Numbers, booleans and lists are read as TOML; any other bare word is a string."""
    table, keys, mistakes = apply({"a": {"b": 0}}, [f"a.b={text}"])
    assert table == {"a": {"b": value}}
    assert type(table["a"]["b"]) is type(value)
    assert (keys, mistakes) == ({"a.b"}, [])


@given(word=BARE)
def test_a_bare_word_is_itself(word: str) -> None:
    """Whatever a shell passes on unquoted arrives as it was typed."""
    table, _, mistakes = apply({}, [f"x={word}"])
    assert (table, mistakes) == ({"x": word}, [])


@pytest.mark.parametrize("text", ["", "a", "=1", "a.=1", ".b=1", "a.b=", "a.b=[1", 'a.b="x'])
def test_what_is_no_override_is_told(text: str) -> None:
    """A text that is not section.key=value changes nothing and is quoted in the mistake."""
    table, keys, mistakes = apply({"a": {}}, [text])
    assert (table, keys) == ({"a": {}}, frozenset())
    assert len(mistakes) == 1
    assert mistakes[0].startswith(f"override {text}: ")


def test_a_key_below_a_value_is_told() -> None:
    """`name.x` cannot be set where `name` is no section."""
    assert apply({"name": "n"}, ["name.x=1"])[2] == ["override name.x: name is not a section"]


def test_values_are_taken_as_they_are() -> None:
    """By dotted key: what looks like TOML in a string stays a string."""
    table, keys, _ = apply({"a": {}}, {"a.b": "2", "c": [1]})
    assert (table, keys) == ({"a": {"b": "2"}, "c": [1]}, {"a.b", "c"})


def test_the_table_given_is_left_alone() -> None:
    """Overrides work on a copy, sections that are missing are made."""
    table: dict[str, Any] = {"a": {"b": 1}}
    assert apply(table, ["a.b=2", "c.d=3"])[0] == {"a": {"b": 2}, "c": {"d": 3}}
    assert table == {"a": {"b": 1}}
