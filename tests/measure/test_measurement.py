"""Costs as differences of counters, and their sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Measurement, Snapshot, cost_of

costs = st.builds(
    Measurement,
    wall_seconds=st.floats(0, 1e6),
    gpu_seconds=st.floats(0, 1e6),
    cpu_seconds=st.none() | st.floats(0, 1e6),
    peak_memory_mib=st.none() | st.floats(0, 1e6),
    energy_j=st.none() | st.floats(0, 1e6),
)


def test_sleeping_trial_is_billed():
    """Two leased cores for three seconds are six core-seconds, whatever ran on them."""
    start = Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=5.0)
    end = Snapshot(13.0, cpu_seconds=0.0, foreign_seconds=5.0)
    assert Measurement.between(start, end, 2).gpu_seconds == 6.0


def test_strangers_are_not_billed():
    """What others ran on the leased core is taken off."""
    start = Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=5.0)
    end = Snapshot(14.0, cpu_seconds=2.0, foreign_seconds=7.0)
    assert Measurement.between(start, end, 1).gpu_seconds == 2.0


def test_sleeping_beside_a_stranger_is_billed():
    """A stranger who runs while the trial sleeps has taken nothing from it."""
    start = Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=5.0, delay_seconds=0.0)
    end = Snapshot(14.0, cpu_seconds=0.0, foreign_seconds=9.0, delay_seconds=0.1)
    assert Measurement.between(start, end, 1).gpu_seconds == pytest.approx(3.9)


def test_own_threads_that_wait_for_each_other_are_billed():
    """Run delay without strangers is the trial's own affair."""
    start = Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=5.0, delay_seconds=0.0)
    end = Snapshot(14.0, cpu_seconds=4.0, foreign_seconds=5.0, delay_seconds=8.0)
    assert Measurement.between(start, end, 1).gpu_seconds == 4.0


def test_coarse_ticks_never_bill_less_than_was_used():
    """A tick too many in /proc/stat does not hide the trial's own CPU time."""
    start = Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=5.0)
    end = Snapshot(10.1, cpu_seconds=0.1, foreign_seconds=5.05)
    assert Measurement.between(start, end, 1).gpu_seconds == pytest.approx(0.1)


def test_unknown_is_none():
    """What no counter tells is None, not zero."""
    cost = Measurement.between(Snapshot(0.0), Snapshot(1.0), 1)
    assert (cost.cpu_seconds, cost.energy_j, cost.peak_memory_mib) == (None, None, None)
    assert cost.gpu_seconds == 1.0


def test_disturbance_is_the_strangers_share_of_the_machine():
    """Half of the machine for half of the time is a quarter; nobody can have more than all."""
    quiet, busy = Snapshot(0.0, stranger_seconds=7.0), Snapshot(10.0, stranger_seconds=9.5)
    cost = Measurement.between(quiet, busy, 1)
    assert cost.disturbance == pytest.approx(0.25)
    assert (cost + Measurement(10.0, 10.0, disturbed_seconds=7.5)).disturbance == pytest.approx(0.5)
    assert Measurement(1.0, 1.0, disturbed_seconds=1.1).disturbance == 1.0
    assert Measurement(1.0, 1.0).disturbance is None
    assert Measurement().disturbance is None


def test_peaks_of_devices():
    """The peak is that of the fullest device, the total their sum; energy is a difference."""
    start = Snapshot(0.0, energy_j=100.0, busy_seconds=1.0)
    end = Snapshot(2.0, energy_j=350.0, busy_seconds=2.5, device_peaks_mib=(100.0, 300.0))
    cost = Measurement.between(start, end, 2)
    assert (cost.peak_memory_mib, cost.total_memory_mib) == (300.0, 400.0)
    assert (cost.energy_j, cost.gpu_busy_seconds, cost.gpu_seconds) == (250.0, 1.5, 4.0)


@given(costs, costs, costs)
def test_addition(a, b, c):
    """Sums add up whatever the order; a peak is the higher one."""
    assert (a + b).gpu_seconds == a.gpu_seconds + b.gpu_seconds
    assert a + b == b + a
    assert ((a + b) + c).peak_memory_mib == (a + (b + c)).peak_memory_mib
    if a.energy_j is None:
        assert (a + b).energy_j is None
    if a.peak_memory_mib is not None:
        assert (a + b).peak_memory_mib >= a.peak_memory_mib


@given(costs)
def test_json(cost):
    """A measurement survives JSON."""
    assert Measurement.from_json(cost.to_json()) == cost


def test_cost_leaves_overhead_out():
    """Start-up, data and evaluation are recorded but no part of what a configuration costs."""
    second = Measurement(wall_seconds=1, gpu_seconds=1, peak_memory_mib=10)
    quantize = Measurement(wall_seconds=2, gpu_seconds=2, peak_memory_mib=500)
    cost = cost_of(
        {
            "start": second,
            "data": second,
            "train": second,
            "prune": second,
            "quantize": quantize,
            "evaluate": second,
            "other": second,
        }
    )
    assert cost.gpu_seconds == 4
    assert cost.peak_memory_mib == 10  # a converter's memory says nothing about what fits
