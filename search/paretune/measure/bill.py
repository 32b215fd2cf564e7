"""A trial's bill: what each of its phases has cost, by counters seen from both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from paretune.measure import Measurement, Snapshot

_TIMELINE = 256  # observations: a trial's words are read long before that many have passed


@dataclass(frozen=True)
class Exit:
    """How a trial's process ended."""

    code: int  # negative: killed by that signal
    seconds: float  # CLOCK_MONOTONIC
    host_out_of_memory: bool = False  # the kernel's out-of-memory killer has been at work
    cpu_seconds: float | None = None
    # Status and reason, where the process that held the trial has ended it at a limit.
    verdict: tuple[str, str] | None = None
    # Counters of strangers at that moment, as in `Snapshot`: the driver may have looked long ago.
    foreign_seconds: float | None = None
    delay_seconds: float | None = None


class Bill:
    """The phases of a trial and what each of them has cost so far."""

    def __init__(self, leased: Snapshot, devices: int, *, off_device: bool = False) -> None:
        self.devices = devices
        self.off_device = off_device  # what is leased are CPU cores, beside GPUs
        self.leased = leased
        self.closed: dict[str, Measurement] = {}
        self.phase: str | None = "start"
        self.since = leased
        self.timeline = [leased]  # device counters as this side saw them
        self.last = leased

    def observe(self, snapshot: Snapshot) -> None:
        """The meter's counters now, seen from outside the trial."""
        if snapshot.cpu_seconds is None:
            return  # the process is gone: what is left of its counters would bill too much
        if snapshot.host_peak_mib is None:  # it is going: its memory is gone before its times
            snapshot = replace(
                snapshot,
                host_peak_mib=self.last.host_peak_mib,
                device_peaks_mib=snapshot.device_peaks_mib or self.last.device_peaks_mib,
            )
        self.timeline = [*self.timeline[-_TIMELINE:], snapshot]
        self.last = snapshot

    def mark(self, name: str | None, snapshot: Snapshot) -> None:
        """The trial itself says that its phase ends and `name` begins."""
        snapshot = self._with_device_counters(snapshot)
        self._close_phase(snapshot)
        # Between two phases, and after the last, the devices are still leased: clearing up.
        self.phase = name if name is not None else "other"
        self.since = snapshot

    def spent(self) -> Measurement:
        """The sum of all phases, the open one included, up to the last observation."""
        return Measurement.total(self.close().values())

    def close(self, end: Exit | None = None, at: Snapshot | None = None) -> dict[str, Measurement]:
        """Every phase's cost, the open one closed at the last moment that is known."""
        saved = dict(self.closed)
        last = at or (self.last if self.last.seconds > self.since.seconds else self.since)
        if end is not None and end.seconds > last.seconds:
            cpu = last.cpu_seconds if end.cpu_seconds is None else end.cpu_seconds
            last = replace(last, seconds=end.seconds, cpu_seconds=cpu)
            if end.foreign_seconds is not None and last.foreign_seconds is not None:
                foreign, delay = end.foreign_seconds, end.delay_seconds
                last = replace(last, foreign_seconds=foreign, delay_seconds=delay)
        self._close_phase(last)
        result, self.closed = self.closed, saved
        return result

    def _close_phase(self, snapshot: Snapshot) -> None:
        if self.phase is None:
            return
        cost = Measurement.between(self.since, snapshot, self.devices)
        if self.off_device:
            cost = cost.off_device()
        before = self.closed.get(self.phase)
        self.closed[self.phase] = cost if before is None else before + cost

    def _with_device_counters(self, snapshot: Snapshot) -> Snapshot:
        """Busy time is read on this side only: its value at the trial's moment."""
        return replace(
            snapshot,
            busy_seconds=interpolate(self.timeline, snapshot.seconds, lambda s: s.busy_seconds),
            device_peaks_mib=snapshot.device_peaks_mib or self.last.device_peaks_mib,
        )


def interpolate(
    timeline: list[Snapshot], seconds: float, counter: Callable[[Snapshot], float | None]
) -> float | None:
    """A running counter's value at a moment between two observations; None where unknown."""
    known = [(s.seconds, value) for s in timeline if (value := counter(s)) is not None]
    if not known:
        return None
    before = [point for point in known if point[0] <= seconds] or known[:1]
    after = [point for point in known if point[0] > seconds]
    (left, low), (right, high) = before[-1], (after or before[-1:])[0]
    share = (seconds - left) / (right - left) if right > left else 0.0
    return low + share * (high - low)
