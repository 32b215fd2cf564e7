"""How busy devices were while they were paid for: GPUs by NVML, cores by CPU time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Measurement
from paretune.money.device_use import DeviceUse, largest_waste

seconds = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("kind", "share"), [("cpu-core", 0.75), ("NVIDIA H200", 0.25)], ids=["cores", "gpu"]
)
def test_each_kind_has_its_counter(kind: str, share: float) -> None:
    """CPU-seconds say nothing of how busy a GPU was, nor NVML of cores."""
    cost = Measurement(4.0, 4.0, gpu_busy_seconds=1.0, cpu_seconds=3.0)
    assert DeviceUse.of(cost, kind).share == share


def test_what_was_not_measured_is_not_zero() -> None:
    """A card that does not tell is left out; where too much is, nothing is said of the whole."""
    known, unknown = Measurement(8.0, 8.0, gpu_busy_seconds=2.0), Measurement(2.0, 2.0)
    assert DeviceUse.of(unknown, "NVIDIA H200").share is None
    assert DeviceUse.whole([known, unknown], "NVIDIA H200") is None
    assert DeviceUse.whole([known], "NVIDIA H200") == DeviceUse(8.0, 2.0)
    assert DeviceUse.whole([], "NVIDIA H200") is None


@given(st.lists(st.tuples(seconds, seconds), min_size=1))
def test_nothing_is_busier_than_it_was_paid_for(phases: list[tuple[float, float]]) -> None:
    """Whatever the counters say; and what is idle and what is busy are the whole."""
    costs = [Measurement(paid, paid, cpu_seconds=cpu) for paid, cpu in phases]
    use = DeviceUse.whole(costs, "cpu-core")
    if use is not None:
        assert 0 <= (use.share or 0.0) <= 1
        assert use.idle_seconds >= 0
        assert use.busy_seconds + use.idle_seconds == pytest.approx(sum(p for p, _ in phases))


def test_the_largest_waste_is_counted_in_seconds() -> None:
    """Not the least busy phase, but the one in which most was paid for nothing."""
    use = {"start": DeviceUse(1.0, 0.0), "train": DeviceUse(80.0, 60.0)}
    assert largest_waste(use, 81.0) == "train"
    assert largest_waste({"train": DeviceUse(80.0, 79.0)}, 80.0) is None
    assert largest_waste({}, 0.0) is None
