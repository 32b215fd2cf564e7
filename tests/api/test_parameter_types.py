"""Parameters written in Python become the tables of a space file."""

from __future__ import annotations

from typing import Any

import paretune as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.space.parameters import Choices, Range
from paretune.space.search_space import Space

WORDS = st.text(st.characters(exclude_categories=["C"]))


def space_of(**parameters: Any) -> Space:
    return Space.from_table({n: p.to_table() for n, p in parameters.items()}, "test")


def test_every_option_of_a_space_file_can_be_said() -> None:
    """Scale, step, default and condition arrive as the space knows them."""
    space = space_of(
        optimizer=pt.Choice("adam", "sgd", default="adam"),
        lr=pt.Float(1e-4, 1e-1, log=True, default=0.01),
        sparsity=pt.Float(0.0, 0.9, step=0.3),
        gpu_count=pt.Int(1, "devices"),
        momentum=pt.Float(0.0, 0.9, when={"optimizer": "sgd"}),
        batch=pt.Int(16, 64, step=16, when={"optimizer": ["sgd", "adam"]}),
    )
    assert space["optimizer"] == Choices("optimizer", ("adam", "sgd"), "adam")
    assert space["lr"] == Range("lr", False, 1e-4, 1e-1, log=True, default=0.01)
    assert space["sparsity"] == Range("sparsity", False, 0.0, 0.9, step=0.3)
    assert space["gpu_count"] == Range("gpu_count", True, 1, "devices")
    assert space["momentum"].when == (("optimizer", ("sgd",)),)
    assert space["batch"].when == (("optimizer", ("sgd", "adam")),)


@given(
    low=st.integers(-50, 50),
    width=st.integers(0, 50),
    values=st.lists(st.integers(-99, 99) | WORDS, min_size=1, max_size=5, unique=True),
)
def test_what_goes_in_comes_out(low: int, width: int, values: list[Any]) -> None:
    """Any range and any list of choices is the same after a round through the space's JSON."""
    space = space_of(a=pt.Int(low, low + width), b=pt.Choice(*values))
    again = Space.from_json(space.to_json())
    assert again["a"] == Range("a", True, low, low + width)
    assert again["b"] == Choices("b", tuple(values))


def test_a_range_takes_its_options_by_name_only() -> None:
    """Nobody has to remember whether the third number is the step."""
    with pytest.raises(TypeError):
        pt.Float(0.0, 1.0, True)
