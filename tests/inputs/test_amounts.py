"""Amounts in words."""

import pytest
from paretune.errors import SearchError
from paretune.inputs.amounts import parse_amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("600 gpu-seconds", ("gpu_seconds", 600.0)),
        ("5 dollars", ("dollars", 5.0)),
        ("1 Dollar", ("dollars", 1.0)),
        ("9e2 wall_seconds", ("wall_seconds", 900.0)),
    ],
)
def test_amounts_in_words(text, expected):
    """A number and its unit, as people write them."""
    assert parse_amount(text) == expected


@pytest.mark.parametrize("text", ["600", "-3 dollars", "0 dollars", "5 euros", "1.2.3 dollars", ""])
def test_what_is_no_amount(text):
    """Anything else is refused with the three ways to write it."""
    with pytest.raises(SearchError, match=r"gpu-seconds.*dollars.*wall-seconds"):
        parse_amount(text)
