"""A trial's bill: phases that are closed one by one, from counters of two sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Snapshot
from paretune.measure.bill import Bill, Exit, interpolate


def at(seconds: float, **more: float) -> Snapshot:
    return Snapshot(seconds, cpu_seconds=seconds, **more)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20, unique=True), st.floats(-10, 110))
def test_interpolation_stays_within(moments: list[float], moment: float) -> None:
    """A running counter between two readings lies between them."""
    moments = sorted(moments)
    timeline = [Snapshot(m, energy_j=3 * m) for m in moments]
    value = interpolate(timeline, moment, lambda s: s.energy_j)
    inside = min(max(moment, moments[0]), moments[-1])
    assert value == pytest.approx(3 * inside, abs=1e-6)
    assert interpolate(timeline, moment, lambda s: s.busy_seconds) is None


@given(st.lists(st.sampled_from(["train", "evaluate", None]), max_size=6), st.integers(1, 4))
def test_phases_sum_to_the_whole(names: list[str | None], devices: int) -> None:
    """Whatever the phases are called and however often they come, no second is lost or doubled."""
    bill = Bill(at(0.0), devices)
    for second, name in enumerate(names, start=1):
        bill.mark(name, at(float(second)))
    end = float(len(names) + 1)
    closed = bill.close(Exit(0, end))
    assert sum(cost.gpu_seconds for cost in closed.values()) == pytest.approx(end * devices)
    assert closed.keys() == {"start", *("other" if name is None else name for name in names)}


def test_looking_at_a_bill_leaves_it_open() -> None:
    """What has been spent so far includes the open phase, which goes on all the same."""
    bill = Bill(at(0.0), 1)
    bill.mark("train", at(1.0))
    bill.observe(at(3.0))
    assert bill.spent().gpu_seconds == pytest.approx(3.0)
    assert bill.spent().gpu_seconds == pytest.approx(3.0)
    assert bill.close(Exit(0, 5.0))["train"].gpu_seconds == pytest.approx(4.0)


def test_busy_time_is_split_at_the_trials_own_moment() -> None:
    """The trial does not read its GPU's busy time: it is interpolated between the driver's."""
    bill = Bill(at(0.0, busy_seconds=0.0), 1)
    bill.observe(at(4.0, busy_seconds=2.0))
    bill.mark("train", at(1.0))
    phases = bill.close(at=at(4.0, busy_seconds=2.0))
    assert phases["start"].gpu_busy_seconds == pytest.approx(0.5)
    assert phases["train"].gpu_busy_seconds == pytest.approx(1.5)
