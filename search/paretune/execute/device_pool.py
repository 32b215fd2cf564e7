"""The devices of a machine, leased whole and always returned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from paretune.errors import DeviceError
from paretune.measure.devices import Device


class DevicePool:
    """Which devices are free. Leases go to the lowest positions first."""

    def __init__(self, devices: Sequence[Device]) -> None:
        self.devices = tuple(devices)
        self._leases: dict[int, tuple[Device, ...]] = {}  # by the lease's holder

    @property
    def free(self) -> tuple[Device, ...]:
        taken = {device.id for lease in self._leases.values() for device in lease}
        return tuple(device for device in self.devices if device.id not in taken)

    def lease(self, holder: int, count: int, preferred: Collection[str] = ()) -> tuple[Device, ...]:
        """Give `count` devices to trial `holder`, `preferred` ids first.

        Raises DeviceError unless so many are free.
        """
        free = sorted(self.free, key=lambda device: device.id not in preferred)
        if not 1 <= count <= len(free) or holder in self._leases:
            raise DeviceError(
                f"trial {holder} asks for {count} devices; {len(free)} of {len(self.devices)} "
                f"are free{', and it holds a lease already' if holder in self._leases else ''}"
            )
        self._leases[holder] = tuple(free[:count])
        return self._leases[holder]

    def release(self, holder: int) -> None:
        """Take back what `holder` has leased; nothing if it has none."""
        self._leases.pop(holder, None)

    @contextmanager
    def released_on_error(self, holder: int) -> Iterator[None]:
        """The lease survives the block only if the block succeeds."""
        try:
            yield
        except BaseException:
            self.release(holder)
            raise
