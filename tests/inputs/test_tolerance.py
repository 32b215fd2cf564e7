from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.inputs.tolerance import Tolerance

AMOUNTS = st.floats(0, 1e6, allow_nan=False)


@given(AMOUNTS, st.booleans())
def test_what_is_written_is_read_again(amount: float, relative: bool) -> None:
    """A study's tolerance is kept with it as text."""
    tolerance = Tolerance(amount, relative)
    again = Tolerance.parse(tolerance.text)
    assert again.relative == relative
    assert again.amount == pytest.approx(amount, rel=1e-11)


@pytest.mark.parametrize("value", ["much", "3 percent", "-1", "-2 %", True, None, "nan", "inf"])
def test_what_is_no_tolerance_is_said(value: object) -> None:
    """With the cure in the message."""
    with pytest.raises(ValueError, match="write a share such as '3 %'"):
        Tolerance.parse(value)


def test_a_share_is_of_the_smaller_value() -> None:
    """So that it does not matter which of the two is named first."""
    one, others = np.array([100.0]), np.array([103.0, 104.0, 97.0])
    assert list(Tolerance.parse("3 %").covers(one, others)) == [True, False, False]
    assert list(Tolerance.parse(3.5).covers(one, others)) == [True, False, True]
