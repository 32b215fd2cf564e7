from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.front.measured import Measured, wilson_error, wilson_interval


def test_wilson_as_published() -> None:
    """Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I."""
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611)}
    for (hits, count), interval in published.items():
        assert wilson_interval(hits / count, count) == pytest.approx(interval, abs=5e-5)


@given(st.integers(1, 10_000), st.data())
def test_a_share_has_an_error_even_where_all_are_hits(count: int, data: st.DataObject) -> None:
    """And its interval holds it and stays among shares."""
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson_interval(share, count)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    assert wilson_error(share, count) > 0


def test_seeds_widen_the_interval_of_an_accuracy() -> None:
    """By as much as they add to the standard error; nothing known makes no interval."""
    narrow = Measured(0.95, wilson_error(0.95, 359), 1, "", images=359)
    assert narrow.interval == pytest.approx(wilson_interval(0.95, 359))
    wide = Measured(0.95, 2 * wilson_error(0.95, 359), 1, "", images=359)
    assert narrow.interval is not None
    assert wide.interval is not None
    widths = [high - low for low, high in (narrow.interval, wide.interval)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.15)
    assert Measured(5.0, None, 1, "").interval is None
    assert Measured(5.0, 0.1, 1, "").interval == pytest.approx((4.804, 5.196), abs=1e-3)
