"""Devices: which of them `--devices` names, how many a trial can have, and a container's cores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import DeviceError
from paretune.measure.devices import Device, choose, cpu_cores, largest_lease

GPUS = [Device(f"GPU-{letter}", "NVIDIA H200", 1000.0) for letter in "abc"]


def test_choose():
    """A count takes the first, positions take these, and what is not there is refused."""
    assert choose(GPUS, "2") == tuple(GPUS[:2])
    assert choose(GPUS, "2,0") == (GPUS[2], GPUS[0])
    assert choose(GPUS, None) == tuple(GPUS)
    for bad in ("4", "0,3", "x", "1,1", "0", "²", "0,²", "٣", "9" * 5000):
        with pytest.raises(DeviceError, match=f"devices {bad}"):
            choose(GPUS, bad)


def test_devices_of_several_kinds_are_not_mixed():
    """Their costs do not compare: the kinds are named, and one of them can be chosen."""
    mixed = [*GPUS, Device("GPU-z", "NVIDIA L4")]
    with pytest.raises(DeviceError, match=f"{len(GPUS)} is NVIDIA L4") as caught:
        choose(mixed, None)
    assert "devices" in str(caught.value)
    assert choose(mixed, "2") == tuple(GPUS[:2])


def test_a_trial_has_one_mig_instance():
    """CUDA shows a process one of them, however many it is given."""
    assert largest_lease([Device("MIG-1", "MIG 1g"), Device("MIG-2", "MIG 1g")]) == 1
    assert largest_lease(GPUS) == len(GPUS)


def test_quota_limits_the_cores(tmp_path):
    """A container's CPU quota pays for fewer cores than the mask shows."""
    quota = tmp_path / "cpu.max"
    quota.write_text("100000 100000\n")
    assert len(cpu_cores(quota)) == 1
    quota.write_text("max 100000\n")
    assert len(cpu_cores(quota)) >= 1


@given(st.text(max_size=8))
def test_odd_choices_are_refused_or_understood(wanted):
    """Whatever is written there: devices of the machine, or a clear error."""
    try:
        chosen = choose(GPUS, wanted)
    except DeviceError:
        return
    assert chosen
    assert set(chosen) <= set(GPUS)
