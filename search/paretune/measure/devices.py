"""What a trial can lease: this machine's GPUs or MIG instances, or else its CPU cores.

A device is named by an id that other programs understand: a GPU's or MIG instance's UUID, which is
what CUDA_VISIBLE_DEVICES takes whatever the enumeration order, or "cpu:N" for the core N of the
affinity mask. Whatever restricts this process (CUDA_VISIBLE_DEVICES, the affinity mask, a
container's CPU quota) restricts the pool as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from paretune.errors import DeviceError

CPU_KIND = "cpu-core"

_POSITION = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class Device:
    """One thing that a trial leases whole."""

    id: str
    kind: str  # "cpu-core", or the GPU's product name
    memory_mib: float | None = None  # its own; None for a CPU core, which shares the host's

    @property
    def core(self) -> int:
        """The CPU core's number. Raises ValueError for a GPU."""
        return int(self.id.removeprefix("cpu:"))


def cpu_cores(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> tuple[Device, ...]:
    """The cores of the affinity mask, no more of them than a container's CPU quota pays for."""
    cores = sorted(os.sched_getaffinity(0))
    try:
        quota, period = cgroup.read_text(encoding="ascii").split()
        allowed = len(cores) if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        allowed = len(cores)
    return tuple(Device(f"cpu:{core}", CPU_KIND) for core in cores[:allowed])


def largest_lease(devices: Sequence[Device]) -> int:
    """The most devices that one trial can use: of MIG instances CUDA shows a process only one."""
    return 1 if devices[0].id.startswith("MIG-") else len(devices)


def choose(
    devices: Sequence[Device], wanted: int | str | Sequence[int] | None
) -> tuple[Device, ...]:
    """The part of `devices` that is asked for: a count, or positions; as text "2" or "0,2".

    Raises DeviceError where there are fewer, a position is not there, or they are of several kinds.
    """
    chosen = tuple(devices) if wanted is None else _named(devices, wanted)
    if len({device.kind for device in chosen}) > 1:
        there = ", ".join(f"{devices.index(device)} is {device.kind}" for device in chosen)
        raise DeviceError(
            f"devices of several kinds, whose costs do not compare: {there}; name those of "
            "one kind by their positions, with commas between"
        )
    return chosen


def _named(devices: Sequence[Device], wanted: int | str | Sequence[int]) -> tuple[Device, ...]:
    there = f"this machine has {len(devices)} ({', '.join(device.id for device in devices)})"
    asked = _read(wanted) if isinstance(wanted, str) else wanted
    if isinstance(asked, int):
        if isinstance(asked, bool) or not 1 <= asked <= len(devices):
            raise DeviceError(f"{wanted}: {there}; ask for 1 to {len(devices)}", argument="devices")
        return tuple(devices[:asked])
    positions = list(asked)
    there_are = range(len(devices))
    if not positions or any(p not in there_are for p in positions) or _repeat(positions):
        raise DeviceError(
            f"{wanted}: {there}; name each of 0 to {len(devices) - 1} at most once",
            argument="devices",
        )
    return tuple(devices[position] for position in positions)


def _read(text: str) -> int | list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(_POSITION.fullmatch(part) for part in parts):
        raise DeviceError(
            f"{text}: not a count or a list of positions; write 2, or 0,1", argument="devices"
        )
    positions = [int(part) for part in parts]
    return positions[0] if len(positions) == 1 else positions


def _repeat(positions: Sequence[int]) -> bool:
    return len(set(positions)) < len(positions)
