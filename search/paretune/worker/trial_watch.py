"""Holds a trial's limits where the trial is held: without the driver, which may be slow or stopped.

The driver judges first, by the exact bill, and renews the deadline as long as it lives; what is
held here is what binds when it does not come to that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretune.measure import Measurement, Snapshot
from paretune.measure.cpu_meter import CpuMeter
from paretune.measure.devices import CPU_KIND, Device
from paretune.trial.files import REPORTS
from paretune.trial.job import Assignment
from paretune.trial.outcome import Status
from paretune.trial.silence import LOOK_SECONDS, Silence

MEMORY_SECONDS = 0.25  # between two looks at a trial's memory
UNBILLED_SECONDS = 0.02  # strangers have taken less of a trial's time: its deadline stands
SLACK_SECONDS = 0.5  # silence and memory are the driver's to judge: it gets that much longer

Verdict = tuple[str, str]  # a Status and the reason


class TrialWatch:
    """One trial's limits. Asked again and again; between two times it need not be before
    `next_look`.
    """

    def __init__(self, pid: int, assignment: Assignment, now: float) -> None:
        self.limits = assignment.limits
        self.deadline = math.inf  # CLOCK_MONOTONIC
        self.next_look = now
        self._verdict: Verdict = (Status.TIMED_OUT, "")
        self._reports = Path(assignment.directory) / REPORTS
        self._told = 0  # bytes of reports
        self._silence = Silence(now)
        self._devices = len(assignment.devices)
        on_cpu = assignment.device_kind == CPU_KIND
        cores = [Device(id, CPU_KIND).core for id in assignment.devices] if on_cpu else None
        self._meter = CpuMeter(pid, cores)
        self._since = self._meter.snapshot()  # when the deadline was told
        self.last: Snapshot | None = None  # when it was found to be over its budget
        self._whole = 0.0  # GPU-seconds from then to the deadline, at the full rate

    def hold(self, deadline: Mapping[str, Any]) -> None:
        """The driver's word on when the trial must have ended."""
        self.deadline = deadline["seconds"]
        self._verdict = (deadline["status"], deadline["reason"])
        self._since = self._meter.snapshot()
        self._whole = self._devices * (self.deadline - self._since.seconds)
        self.next_look = min(self.next_look, self.deadline)

    def broken(self, now: float) -> Verdict | None:
        """Why the trial is to be ended now; None while it may go on."""
        if now >= self.deadline:
            unbilled = self._unbilled_seconds()
            if unbilled < UNBILLED_SECONDS:
                return self._verdict
            self.deadline = now + unbilled
        self.next_look = self.deadline
        return self._too_silent(now) or self._too_large(now)

    def _unbilled_seconds(self) -> float:
        """How much later the deadline would be, had the driver renewed it with the bill."""
        if self._verdict[0] != Status.OVER_BUDGET:  # the time itself is limited, not the bill
            return 0.0
        self.last = self._meter.snapshot()
        bill = Measurement.between(self._since, self.last, self._devices)
        return (self._whole - bill.gpu_seconds) / self._devices

    def _too_silent(self, now: float) -> Verdict | None:
        limit = self.limits.report_seconds
        if limit is None:
            return None
        told = self._bytes_told()
        if told != self._told:
            self._told = told
            self._silence.hear(now)
        left = limit + SLACK_SECONDS - self._silence.look(now)
        if left > 0:
            self.next_look = min(self.next_look, now + min(left, LOOK_SECONDS / 2))
            return None
        return Status.TIMED_OUT, f"silent for longer than limits.report_seconds = {limit:g}"

    def _bytes_told(self) -> int:
        try:
            return self._reports.stat().st_size
        except OSError:  # nothing yet, or the folder is gone
            return 0

    def _too_large(self, now: float) -> Verdict | None:
        limit = self.limits.host_memory_mib
        if limit is None:
            return None
        self.next_look = min(self.next_look, now + MEMORY_SECONDS)
        resident = self._meter.allocated_mib() or 0.0
        if resident <= limit:
            return None
        reason = f"host memory {resident:.0f} MiB over limits.host_memory_mib = {limit:g}"
        return Status.OUT_OF_MEMORY, reason
