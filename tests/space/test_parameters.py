"""One parameter: the values of a range, however many there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.space.parameters import Range

LARGEST = 2**63 - 1


def test_a_spread_of_a_huge_range_has_as_many_values_as_asked_for():
    """All integers of 31 or 63 bits, steps of a billionth: 24 values, both ends among them."""
    for high in (2**31 - 1, LARGEST):
        values = Range("seed", True, 0, high).spread(1, 24)
        assert len(values) == 24
        assert (values[0], values[-1]) == (0, high)
        assert all(isinstance(value, int) for value in values)
    fine = Range("x", False, 0.0, 1.0, step=1e-9).spread(1, 24)
    assert len(fine) == 24
    assert (fine[0], fine[-1]) == (0.0, 1.0)


def test_few_values_are_all_of_them():
    """In order; reals as a file would spell them."""
    assert Range("n", True, 2, 10, step=4).spread(1, 24) == [2, 6, 10]
    assert Range("x", False, 0.1, 0.4, step=0.1).spread(1, 24) == [0.1, 0.2, 0.3, 0.4]
    assert Range("n", True, 0, 99).spread(1, 4) == [0, 33, 66, 99]
    assert Range("g", True, 1, "devices").spread(3, 24) == [1, 2, 3]


def test_reals_without_steps_are_not_counted():
    """There is nothing to list."""
    assert Range("x", False, 0.0, 1.0).spread(1, 24) == []


@given(
    low=st.integers(-(2**62), 2**62),
    count=st.integers(0, 2**61),
    step=st.integers(1, 2**20),
    most=st.integers(2, 30),
)
def test_a_spread_lies_in_the_range_without_repeats(low, count, step, most):
    """Every value is one that the file allows, each once, in order, no more than asked for."""
    high = low + (count // step) * step
    parameter = Range("n", True, low, high, step=step)
    values = parameter.spread(1, most)
    assert len(values) <= most
    assert values == sorted(set(values))
    assert all(low <= value <= high and (value - low) % step == 0 for value in values)


@pytest.mark.parametrize("value", [0.15, 0.3, 0.7])
def test_steps_are_spelt_as_written(value):
    """Equal points have equal keys."""
    parameter = Range("x", False, 0.0, 1.0, step=0.05)
    assert parameter.as_written(value + 1e-12) == value


def test_a_grid_as_fine_as_rounding_is_kept():
    """Steps of a billionth beginning at 0.1: its own values are on it, and Optuna, which holds
    them to be beside it, sees a range without steps."""
    parameter = Range("x", False, 0.1, 0.2, step=1e-9)
    for value in (0.100033321, 0.123456789, 0.2):
        assert parameter.problem(value) is None
        assert parameter.as_written(value + 1e-11) == value
    assert parameter.problem(0.1000333215) is not None
    assert parameter.distribution(1).step is None  # type: ignore[attr-defined]
    assert Range("x", False, 0.0, 1.0, step=0.05).distribution(1).step == 0.05  # type: ignore[attr-defined]
