"""How busy devices were while they were paid for: phase by phase, and where most of it was idle.

Of a GPU NVML tells for which share of the time a kernel ran on it. Of CPU cores it is the trial's
CPU-seconds over its device-seconds. What was not measured is left out, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paretune.measure import Measurement
from paretune.measure.devices import CPU_KIND

KNOWN = 0.95  # of what was paid must be known, for a word on the whole
NOTABLE = 0.05  # of what was paid: a smaller waste is none


@dataclass(frozen=True)
class DeviceUse:
    """Device-seconds that were paid, and those of them in which the devices were busy."""

    gpu_seconds: float = 0.0  # of which it is known how busy they were
    busy_seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing is known."""
        return self.busy_seconds / self.gpu_seconds if self.gpu_seconds > 0 else None

    @property
    def idle_seconds(self) -> float:
        """Paid for nothing."""
        return self.gpu_seconds - self.busy_seconds

    def __add__(self, other: DeviceUse) -> DeviceUse:
        return DeviceUse(
            self.gpu_seconds + other.gpu_seconds, self.busy_seconds + other.busy_seconds
        )

    @classmethod
    def of(cls, cost: Measurement, device_kind: str) -> DeviceUse:
        """Of one phase; nothing where it was not measured."""
        busy = cost.cpu_seconds if device_kind == CPU_KIND else cost.gpu_busy_seconds
        if busy is None:
            return cls()
        return cls(cost.gpu_seconds, min(busy, cost.gpu_seconds))

    @classmethod
    def whole(cls, costs: Iterable[Measurement], device_kind: str) -> DeviceUse | None:
        """Of all that was paid; None where too much of it is not known."""
        paid, use = 0.0, cls()
        for cost in costs:
            paid += cost.gpu_seconds
            use += cls.of(cost, device_kind)
        return use if paid > 0 and use.gpu_seconds >= KNOWN * paid else None


def largest_waste(by_phase: Mapping[str, DeviceUse], gpu_seconds: float) -> str | None:
    """The phase in which most device-seconds were idle; None where that is hardly any."""
    idle = {name: use.idle_seconds for name, use in by_phase.items()}
    worst = max(idle, key=idle.__getitem__, default=None)
    return worst if worst is not None and idle[worst] > NOTABLE * gpu_seconds else None
