from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.inputs.conditions import Condition

NUMBER = st.floats(allow_nan=False, allow_infinity=False, width=32)


SIGNS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


@given(bound=NUMBER, value=NUMBER | st.just(0.5), sign=st.sampled_from(list(SIGNS)))
def test_violation_has_optunas_sign(bound: float, value: float, sign: str) -> None:
    """A violation is <= 0 exactly where the bound is kept, and as large as the miss."""
    condition = Condition.parse("x", f"{sign} {bound!r}")
    kept = SIGNS[sign](value, bound)
    assert condition.met(value) == kept == (condition.violation(value) <= 0)
    assert abs(condition.violation(value)) == pytest.approx(abs(value - bound), abs=1e-300)


@given(bound=NUMBER, sign=st.sampled_from(list(SIGNS)))
def test_only_a_strict_bound_excludes_itself(bound: float, sign: str) -> None:
    """`> 0.9` is not met by 0.9."""
    assert Condition("x", sign, bound).met(bound) == sign.endswith("=")


@given(bound=NUMBER, sign=st.sampled_from(list(SIGNS)))
def test_text_is_read_back_exactly(bound: float, sign: str) -> None:
    """A condition kept as text with the study is the same condition."""
    condition = Condition("x", sign, bound)
    assert Condition.parse("x", condition.text) == condition


def test_nan_keeps_no_bound() -> None:
    """A figure that is not a number is infinitely far from any bound."""
    assert Condition("x", ">=", 0.0).violation(math.nan) == math.inf


@pytest.mark.parametrize("text", ["", "0.9", "=> 0.9", "== 1", ">= high", ">= nan", ">= 1 2"])
def test_what_is_no_bound_is_quoted(text: str) -> None:
    """The message has the text and an example."""
    with pytest.raises(ValueError, match=r"write a bound such as") as caught:
        Condition.parse("x", text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "sign", "bound"),
    [
        ("accuracy >= 0.95", "accuracy", ">=", 0.95),
        ("bits<=8", "bits", "<=", 8.0),
        ("bits > 2", "bits", ">", 2.0),
    ],
)
def test_filters_name_their_figure(text: str, name: str, sign: str, bound: float) -> None:
    """`--where` takes a figure and a bound, with or without spaces."""
    assert Condition.parse_where(text) == Condition(name, sign, bound)


@pytest.mark.parametrize("text", ["", "accuracy", ">= 3", "accuracy = 3", "a b >= 3"])
def test_what_is_no_filter_is_quoted(text: str) -> None:
    """The message has the whole text and an example."""
    with pytest.raises(ValueError, match="is no condition") as caught:
        Condition.parse_where(text)
    assert repr(text) in str(caught.value)
