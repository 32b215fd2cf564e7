"""A trial's silence, by a clock that the test turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from paretune.trial.silence import LOOK_SECONDS, Silence


def test_silence_lasts_from_the_last_word() -> None:
    """Words that are read late, or out of order, count for when they were said."""
    silence = Silence(10.0)
    assert silence.look(10.8) == 10.8 - 10.0
    silence.hear(11.0)
    silence.hear(10.5)
    assert silence.look(11.5) == 0.5


def test_a_gap_between_looks_is_not_the_trials_silence() -> None:
    """An hour in which nobody looked counts as one look: all may have been frozen."""
    silence = Silence(0.0)
    silence.look(0.5)
    assert silence.look(3600.0) == 0.5 + LOOK_SECONDS
    assert silence.look(3600.5) == 1.0 + LOOK_SECONDS


@given(st.lists(st.floats(0.0, LOOK_SECONDS), max_size=30), st.floats(0.0, 1e6))
def test_looks_that_are_close_count_in_full(steps: list[float], start: float) -> None:
    """Silence is then what the clock says, and it never runs ahead of the clock."""
    silence, now = Silence(start), start
    for step in steps:
        now += step
        assert abs(silence.look(now) - (now - start)) < 1e-6
