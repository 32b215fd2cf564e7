"""What a trial costs, measured: snapshots of running counters, and the difference of two of them.

A meter only *reads counters* (a `Snapshot`); a phase's cost is the difference of the snapshots at
its two ends (`Measurement.between`). So the same arithmetic serves the worker (which knows where
its phases end), the driver (which still holds the last snapshot of a trial that was killed) and a
replay of recorded counters in the tests. What could not be measured is None, never zero.

Notation: seconds are wall-clock unless the name says otherwise; MiB = 2**20 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import reduce
from operator import add
from typing import Any, Protocol

# Recorded as phases of their own and paid from the budget, but no part of what a configuration
# costs to train: import, tracing, loading, storing and scoring are paid once a process or a trial,
# however long it trains, and are what makes short measurements differ.
WARM_UP = "warm_up"  # of a trial's process, before the trial has devices
OVERHEAD_PHASES = frozenset({WARM_UP, "start", "data", "setup", "store", "evaluate", "other"})
# Peaks count where the network trains; a converter's own memory says nothing about what fits.
MEMORY_PHASES = frozenset({"train", "decay", "prune", "qat"})

DISTURBED = (
    0.25  # share of the machine that strangers had: a trial's seconds are some 10 % too many
)
# Log units by which strangers that have the whole machine slow a trial down: three busy ones on two
# cores (0.75 of it) made the same training take 26 to 55 % more CPU time.
SLOWDOWN = 0.45


@dataclass(frozen=True)
class Snapshot:
    """Counters at one moment. Peaks are since the meter's last `reset_peaks`."""

    seconds: float  # CLOCK_MONOTONIC, the same in every process of the machine
    cpu_seconds: float | None = None  # user + system, of the trial's whole process tree
    foreign_seconds: float | None = None  # what others (and steal) ran on the leased CPU cores
    # For so long strangers (no process of the study) would have kept the whole machine busy.
    stranger_seconds: float | None = None
    delay_seconds: float | None = None  # its threads were ready and did not run, summed
    busy_seconds: float | None = None  # devices busy, summed over them (NVML)
    energy_j: float | None = None  # energy counters, summed over the leased devices
    device_peaks_mib: tuple[float, ...] | None = None  # per leased device
    host_peak_mib: float | None = None  # allocated by the tree, above its start


@dataclass(frozen=True)
class Measurement:
    """The cost of one phase, or of several added up."""

    wall_seconds: float = 0.0
    gpu_seconds: float = 0.0  # devices leased x seconds at the trial's disposal
    gpu_busy_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory_mib: float | None = None  # of the fullest device: it decides what fits
    total_memory_mib: float | None = None  # summed over the devices
    host_memory_mib: float | None = None
    energy_j: float | None = None
    disturbed_seconds: float | None = None  # see `disturbance`
    # CPU cores leased x seconds, by stages that had given their GPUs back; see `off_device`.
    core_seconds: float = 0.0

    @property
    def disturbance(self) -> float | None:
        """The share of the machine's CPU time that strangers ran meanwhile, 0 to 1.

        They slow a trial down although their time is not billed: by caches, memory bandwidth and
        the twin of a core that is two threads.
        """
        if self.disturbed_seconds is None or self.wall_seconds <= 0:
            return None
        return min(self.disturbed_seconds / self.wall_seconds, 1.0)

    @property
    def is_disturbed(self) -> bool:
        """Had strangers so much of the machine that the seconds are to be doubted?"""
        return (self.disturbance or 0.0) > DISTURBED

    @classmethod
    def between(cls, start: Snapshot, end: Snapshot, devices: int) -> Measurement:
        """The cost from `start` to `end` on `devices` leased devices.

        On CPU cores the time that strangers took from it is not billed: what they ran there, as
        far as the trial's threads were waiting to run. (Their waiting alone also counts the
        threads' waiting for each other; what strangers ran alone would bill nothing to a trial
        that sleeps while others work.) Never billed less than the CPU time the trial itself used.
        """
        wall = max(end.seconds - start.seconds, 0.0)
        cpu = _difference(start.cpu_seconds, end.cpu_seconds)
        foreign = _difference(start.foreign_seconds, end.foreign_seconds)
        delay = _difference(start.delay_seconds, end.delay_seconds)
        if foreign is not None and delay is not None:
            foreign = min(foreign, delay)
        leased = devices * wall
        if foreign is not None:
            leased = min(leased, max(leased - foreign, cpu or 0.0))
        peaks = end.device_peaks_mib
        return cls(
            wall_seconds=wall,
            gpu_seconds=leased,
            gpu_busy_seconds=_difference(start.busy_seconds, end.busy_seconds),
            cpu_seconds=cpu,
            peak_memory_mib=max(peaks) if peaks else None,
            total_memory_mib=sum(peaks) if peaks else None,
            host_memory_mib=end.host_peak_mib,
            energy_j=_difference(start.energy_j, end.energy_j),
            disturbed_seconds=_difference(start.stranger_seconds, end.stranger_seconds),
        )

    def off_device(self) -> Measurement:
        """The same of a stage that needed no GPU, measured on the CPU cores that it leased.

        Its core-seconds are no GPU-seconds, and its memory is not a GPU's.
        """
        return replace(
            self,
            gpu_seconds=0.0,
            core_seconds=self.gpu_seconds,
            gpu_busy_seconds=0.0,
            energy_j=0.0,
            peak_memory_mib=None,
            total_memory_mib=None,
        )

    def __add__(self, other: Measurement) -> Measurement:
        """One after the other: costs add up, peaks are the higher of the two."""
        return self.total((self, other))

    @classmethod
    def total(cls, measurements: Iterable[Measurement]) -> Measurement:
        """The sum of measurements taken one after the other; of none, a zero."""
        items = list(measurements)
        if len(items) < 2:
            return items[0] if items else cls()
        columns = zip(*(vars(item).values() for item in items), strict=True)
        peaks = (name.endswith("_mib") for name in cls.__dataclass_fields__)
        return cls(*(_peak(c) if peak else _sum(c) for c, peak in zip(columns, peaks, strict=True)))

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Measurement:
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in record.items() if name in known})


class Meter(Protocol):
    """Reads the counters of one trial's processes and leased devices."""

    def snapshot(self) -> Snapshot:
        """The counters now. Cheap enough to be called ten times a second."""
        ...

    def reset_peaks(self) -> None:
        """Begin the peaks anew, where the system allows it."""
        ...


def cost_of(phases: Mapping[str, Measurement]) -> Measurement:
    """What the configuration costs: its phases without the overhead ones, peaks from training."""
    costed = {name: m for name, m in phases.items() if name not in OVERHEAD_PHASES}
    total = Measurement.total(costed.values())
    trained = [m for name, m in costed.items() if name in MEMORY_PHASES] or list(costed.values())
    peak = Measurement.total(trained)
    return replace(
        total,
        peak_memory_mib=peak.peak_memory_mib,
        total_memory_mib=peak.total_memory_mib,
        host_memory_mib=peak.host_memory_mib,
    )


def _difference(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(end - start, 0.0)


def _sum(parts: Sequence[float | None]) -> Any:
    """With an unknown part it is unknown."""
    return None if None in parts else reduce(add, parts)


def _peak(parts: Sequence[float | None]) -> Any:
    """At least what was seen."""
    return max((part for part in parts if part is not None), default=None)
