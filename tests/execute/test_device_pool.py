"""Leases: never twice, always returned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import DeviceError
from paretune.execute.device_pool import DevicePool
from paretune.measure.devices import Device


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60))
def test_no_device_is_leased_twice(steps):
    """Whatever is asked for in whatever order, leases are disjoint and what is free is the rest."""
    pool = DevicePool([Device(f"cpu:{i}", "cpu-core") for i in range(4)])
    held: dict[int, tuple[Device, ...]] = {}
    for holder, count in steps:
        if count == 0:
            pool.release(holder)
            held.pop(holder, None)
        elif holder not in held and 1 <= count <= len(pool.free):
            held[holder] = pool.lease(holder, count)
        else:
            with pytest.raises(DeviceError):
                pool.lease(holder, count)
        leased = [device.id for lease in held.values() for device in lease]
        assert len(leased) == len(set(leased))
        assert sorted([*leased, *(device.id for device in pool.free)]) == [
            f"cpu:{i}" for i in range(4)
        ]


def test_lease_ends_with_an_error():
    """A lease whose start fails is taken back."""
    pool = DevicePool([Device("cpu:0", "cpu-core")])

    def fail_to_start():
        with pool.released_on_error(1):
            pool.lease(1, 1)
            raise OSError("no more processes")

    with pytest.raises(OSError, match="no more processes"):
        fail_to_start()
    assert len(pool.free) == 1
