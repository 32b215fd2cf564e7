"""GPU counters from NVML: energy, busy time and memory of the leased devices.

NVML is read by the driver, not by the worker: it needs no CUDA context, costs the trial nothing,
and what a killed trial used is known all the same. In a container NVML names the host's process
ids, so that a trial cannot find itself (NVIDIA/gpu-monitoring-tools#63); then the device's own
use above that at the lease's start is what can be had, which under an exclusive lease is the
trial's. What a device cannot tell is None: energy on MIG instances and old cards, all of it once a
card is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from paretune.measure import Snapshot
from paretune.measure.nvml_library import ask, load_nvml

_MIB = 2**20


class NvmlMeter:
    """Running counters of one lease. Call `snapshot` a few times a second: busy time is summed
    from NVML's utilisation samples, of which the driver keeps only the last seconds.
    """

    def __init__(
        self,
        uuids: Sequence[str],
        pids: Callable[[], Iterable[int]],  # the trial's process tree now
        nvml: Any = None,  # the module; a stand-in in tests
    ) -> None:
        self.nvml = load_nvml() if nvml is None else nvml
        self.handles = [ask(self.nvml, self.nvml.nvmlDeviceGetHandleByUUID, uuid) for uuid in uuids]
        self.energy = EnergyMeter(uuids, self.nvml)
        self.pids = pids
        self.idle_mib = [self._used_mib(handle) for handle in self.handles]
        self.peaks_mib: list[float | None] = [None] * len(self.handles)
        self.busy_seconds: float | None = 0.0
        self.last = time.monotonic()

    def snapshot(self) -> Snapshot:
        now = time.monotonic()
        self._add_busy(now - self.last)
        self.last = now
        self._raise_peaks()
        known = [peak for peak in self.peaks_mib if peak is not None]
        return Snapshot(
            seconds=now,
            busy_seconds=self.busy_seconds,
            energy_j=self.energy.joules(),
            device_peaks_mib=tuple(known) if len(known) == len(self.handles) else None,
        )

    def reset_peaks(self) -> None:
        self.peaks_mib = [None] * len(self.handles)

    def _add_busy(self, seconds: float) -> None:
        for handle in self.handles:
            rates = ask(self.nvml, self.nvml.nvmlDeviceGetUtilizationRates, handle)
            if rates is None or self.busy_seconds is None:
                self.busy_seconds = None  # MIG instances do not tell
                return
            self.busy_seconds += seconds * rates.gpu / 100

    def _raise_peaks(self) -> None:
        mine = set(self.pids())
        for index, handle in enumerate(self.handles):
            used = self._process_mib(handle, mine)
            if used is None:  # a container, or a driver that hides processes: the device's delta
                total, idle = self._used_mib(handle), self.idle_mib[index]
                used = None if total is None or idle is None else max(total - idle, 0.0)
            if used is not None:
                self.peaks_mib[index] = max(used, self.peaks_mib[index] or 0.0)

    def _process_mib(self, handle: Any, mine: set[int]) -> float | None:
        running = ask(self.nvml, self.nvml.nvmlDeviceGetComputeRunningProcesses, handle)
        found = [p.usedGpuMemory for p in running or () if p.pid in mine]
        if not found or any(used is None for used in found):
            return None
        return float(sum(found)) / _MIB

    def _used_mib(self, handle: Any) -> float | None:
        memory = ask(self.nvml, self.nvml.nvmlDeviceGetMemoryInfo, handle)
        return None if memory is None else float(memory.used) / _MIB


class EnergyMeter:
    """The energy counters of some devices: cheap, and exact at the moment they are read."""

    def __init__(self, uuids: Sequence[str], nvml: Any = None) -> None:
        self.nvml = load_nvml() if nvml is None else nvml
        self.handles = [ask(self.nvml, self.nvml.nvmlDeviceGetHandleByUUID, uuid) for uuid in uuids]

    def joules(self) -> float | None:
        """Joules since the driver was loaded, summed; None where a device does not tell."""
        total = 0.0
        for handle in self.handles:
            millijoules = ask(self.nvml, self.nvml.nvmlDeviceGetTotalEnergyConsumption, handle)
            if millijoules is None:
                return None
            total += millijoules / 1000
        return total
