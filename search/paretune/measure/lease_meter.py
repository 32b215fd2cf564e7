"""The driver's meter of one trial: its processes from /proc, its leased GPUs from NVML."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import psutil

from paretune.measure import Snapshot
from paretune.measure.cpu_meter import CpuMeter, core_seconds, descendants
from paretune.measure.devices import CPU_KIND, Device
from paretune.measure.nvml_meter import NvmlMeter


class LeaseMeter:
    """Counters of a trial that runs in the process `pid`, seen from outside it."""

    def __init__(self, devices: Iterable[str], device_kind: str, pid: int) -> None:
        devices = list(devices)
        on_cpu = device_kind == CPU_KIND
        self.cpu = CpuMeter(pid, _cores(devices) if on_cpu else None)
        self.gpu = None if on_cpu else NvmlMeter(devices, lambda: [pid, *descendants(pid)])

    @property
    def descendants(self) -> Iterable[psutil.Process]:
        """Every process that the trial has been seen to start."""
        return self.cpu.descendants

    def snapshot(self) -> Snapshot:
        host = self.cpu.snapshot()
        if self.gpu is None:
            return host
        gpu = self.gpu.snapshot()
        return replace(
            gpu,
            seconds=host.seconds,
            cpu_seconds=host.cpu_seconds,
            host_peak_mib=host.host_peak_mib,
        )

    def reset_peaks(self) -> None:
        if self.gpu is not None:
            self.gpu.reset_peaks()

    def allocated_mib(self) -> float | None:
        """Host memory of the trial's processes now, above what it began with."""
        return self.cpu.allocated_mib()


def lease_snapshot(devices: Iterable[str], device_kind: str) -> Snapshot:
    """The counters at the moment of the lease, when the trial has no process yet."""
    foreign = core_seconds(_cores(devices)) if device_kind == CPU_KIND else None
    energy = busy = None
    if device_kind != CPU_KIND:
        gpu = NvmlMeter(list(devices), lambda: ()).snapshot()
        energy, busy = gpu.energy_j, 0.0
    return Snapshot(
        seconds=time.monotonic(),
        cpu_seconds=0.0,
        foreign_seconds=foreign,
        delay_seconds=None if foreign is None else 0.0,
        energy_j=energy,
        busy_seconds=busy,
    )


def _cores(devices: Iterable[str]) -> list[int]:
    return [Device(device, CPU_KIND).core for device in devices]
