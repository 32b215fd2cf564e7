"""Trials that hold no device any more: in line for a CPU core, or on one, for their last stages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from paretune.execute.device_pool import DevicePool
from paretune.measure.devices import Device


class CoreLine:
    """First come, first served; each gets one core, and never more of them than there are."""

    def __init__(self, cores: Sequence[Device]) -> None:
        self._pool = DevicePool(cores)
        self._waiting: list[int] = []

    @property
    def waiting(self) -> Collection[int]:
        """Trials without a core yet."""
        return tuple(self._waiting)

    def join(self, number: int) -> None:
        """Put a trial at the end of the line."""
        self._waiting.append(number)

    def next(self) -> tuple[int, tuple[Device, ...]] | None:
        """The first in line and the core that it has now; None if none waits, or none is free."""
        if not self._waiting or not self._pool.free:
            return None
        number = self._waiting.pop(0)
        return number, self._pool.lease(number, 1)

    def leave(self, number: int) -> None:
        """A trial has ended, wherever it was; nothing if it was nowhere."""
        if number in self._waiting:
            self._waiting.remove(number)
        self._pool.release(number)
