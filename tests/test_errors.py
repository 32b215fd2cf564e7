"""What a mistake of the user's says, and in which words."""

from __future__ import annotations

import inspect

import pytest
from paretune import errors
from paretune.errors import SearchError, SpecError, StudyHalted

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, SearchError)
]


def test_an_argument_is_named_first() -> None:
    """The text begins with the argument of the Python API; the command line has its own name."""
    error = SearchError("is 3: give a name", argument="sampler")
    assert str(error) == "sampler is 3: give a name"
    assert (error.argument, error.message) == ("sampler", "is 3: give a name")
    assert str(SearchError("no such study")) == "no such study"


def test_every_problem_has_its_place() -> None:
    """All mistakes of a file are told at once, one line each."""
    error = SpecError("a.toml", ["x is 1", "y is 2"])
    assert str(error).splitlines() == ["a.toml: x is 1", "a.toml: y is 2"]
    assert error.problems == ("x is 1", "y is 2")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_is_no_success(kind: type[SearchError]) -> None:
    """A study that halts ends with 1, as one without an answer; what is wrongly used with 2."""
    assert kind.exit_code == (1 if kind is StudyHalted else 2)
    assert kind.__doc__
