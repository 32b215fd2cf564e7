"""The worker's own meter: /proc for time and memory, the framework's allocator for GPU memory."""

from __future__ import annotations

import os
from dataclasses import replace

from paretune.measure import Snapshot
from paretune.measure.allocator_peaks import allocator_peaks_mib, reset_allocator_peaks
from paretune.measure.cpu_meter import CpuMeter
from paretune.measure.devices import CPU_KIND, Device
from paretune.measure.nvml_meter import EnergyMeter
from paretune.trial.job import Assignment


class WorkerMeter:
    """Counters of this very process on the devices it has leased."""

    def __init__(self, assignment: Assignment) -> None:
        self.devices = len(assignment.devices)
        self.on_cpu = assignment.device_kind == CPU_KIND
        cores = (
            [Device(device, CPU_KIND).core for device in assignment.devices]
            if self.on_cpu
            else None
        )
        self.cpu = CpuMeter(os.getpid(), cores)
        self.energy = None if self.on_cpu else EnergyMeter(assignment.devices)

    def snapshot(self) -> Snapshot:
        snapshot = self.cpu.snapshot()
        if self.on_cpu:
            return snapshot
        return replace(
            snapshot,
            device_peaks_mib=allocator_peaks_mib(self.devices),
            energy_j=None if self.energy is None else self.energy.joules(),
        )

    def reset_peaks(self) -> None:
        self.cpu.reset_peaks()
        if not self.on_cpu:
            reset_allocator_peaks()
