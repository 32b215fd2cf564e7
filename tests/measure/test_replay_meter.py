"""Recorded counters, given again."""

from __future__ import annotations

import pytest
from paretune.measure import Snapshot
from paretune.measure.replay_meter import ReplayMeter


def test_snapshots_come_in_order_and_the_last_one_stays() -> None:
    """What was recorded is told once each; after the end nothing moves any more."""
    meter = ReplayMeter(Snapshot(float(second)) for second in range(3))
    assert [meter.snapshot().seconds for _ in range(5)] == [0, 1, 2, 2, 2]


def test_nothing_to_replay_is_an_error() -> None:
    """A meter without a single snapshot could answer nothing."""
    with pytest.raises(ValueError, match="at least one snapshot"):
        ReplayMeter([])
