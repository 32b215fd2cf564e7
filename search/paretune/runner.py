"""How one trial is watched and judged: its reports read, its cost billed, its limits held.

`TrialRun` knows nothing of processes or executors. It is fed with the trial's folder, a meter and
the news of the process's end, and makes the `Outcome` of whatever is there.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from paretune.meters import Measurement, Snapshot
from paretune.trial import (
    EXIT,
    LOG,
    METER,
    REPORTS,
    RESULT,
    STOP,
    Assignment,
    Limits,
    Outcome,
    Status,
    merged,
    write_json,
)

LOG_LIMIT_BYTES = 16 * 2**20
LOG_KEPT_BYTES = 2**20
_TIMELINE = 256  # observations: a trial's words are read long before that many have passed
# Deaths by these come from outside, and the trial may well succeed when it is run again.
_KILLED_FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}


@dataclass(frozen=True)
class Exit:
    """How a trial's process ended."""

    code: int  # negative: killed by that signal
    seconds: float  # CLOCK_MONOTONIC
    host_out_of_memory: bool = False  # the kernel's out-of-memory killer has been at work
    cpu_seconds: float | None = None


@dataclass(frozen=True)
class Report:
    """One epoch, as the trial told it."""

    epoch: int
    metrics: Mapping[str, float]
    seconds: float  # CLOCK_MONOTONIC


class TrialRun:
    """One attempt at a trial, from the lease of its devices to its outcome."""

    def __init__(
        self,
        assignment: Assignment,
        leased: Snapshot,  # the counters when the devices were leased
        lost: Measurement | None = None,  # what an attempt before this one has paid
    ) -> None:
        self.assignment = assignment
        self.directory = Path(assignment.directory)
        self.reports: list[Report] = []
        self.notes: dict[str, Any] = {}
        self.reused: dict[str, Measurement] = {}
        self.last_heard = leased.seconds
        self._bill = Bill(leased, len(assignment.devices))
        self._lost = lost
        self._verdict: tuple[Status, str] | None = None
        self._read_to = 0

    @property
    def verdict(self) -> tuple[Status, str] | None:
        """Why the trial is being ended from here; None while it may go on."""
        return self._verdict

    def condemn(self, status: Status, reason: str) -> None:
        """The trial is to end as `status`; the first reason stands."""
        self._verdict = self._verdict or (status, reason)

    def ask_to_stop(self, reason: str) -> None:
        """Have the trial end itself at its next report."""
        beside = self.directory / f".{STOP}"
        beside.write_text(reason, encoding="utf-8")
        beside.replace(self.directory / STOP)

    def poll(self, snapshot: Snapshot, resident_mib: float | None) -> None:
        """Take in what the trial has told and what the meter shows; judge it by its limits."""
        self.read_reports()
        self._bill.observe(snapshot)
        cut_log(self.directory / LOG)
        broken = broken_limit(
            self.assignment.limits,
            spent=self._bill.spent(),
            silent_seconds=snapshot.seconds - self.last_heard,
            resident_mib=resident_mib,
        )
        if broken is not None:
            self.condemn(*broken)

    def spent(self) -> Measurement:
        """What the trial has cost so far, an earlier attempt included."""
        return self._bill.spent() + (self._lost or Measurement())

    def save_meter(self) -> None:
        """Leave the counters in the folder, for the case that this process is killed."""
        leased, last = asdict(self._bill.leased), asdict(self._bill.last)
        lost = None if self._lost is None else self._lost.to_json()
        write_json(self.directory / METER, {"leased": leased, "last": last, "lost": lost})

    @classmethod
    def resume(cls, directory: Path) -> TrialRun | None:
        """The run as a dead driver last saw it; None if it left nothing to go by."""
        try:
            saved = json.loads((directory / METER).read_text(encoding="utf-8"))
            lost = None if saved["lost"] is None else Measurement.from_json(saved["lost"])
            run = cls(Assignment.read(directory), _snapshot(saved["leased"]), lost)
        except (OSError, ValueError, KeyError):
            return None
        run.poll(_snapshot(saved["last"]), None)
        return run

    @property
    def last_seen(self) -> float:
        """When the meter was last read (CLOCK_MONOTONIC seconds)."""
        return self._bill.last.seconds

    def read_reports(self) -> list[Report]:
        """The reports that are new since the last call."""
        try:
            with open(self.directory / REPORTS, "rb") as file:
                file.seek(self._read_to)
                whole, newline, _rest = file.read().rpartition(b"\n")
        except OSError:
            return []
        self._read_to += len(whole) + len(newline)
        fresh = []
        for line in whole.splitlines():
            record = json.loads(line)
            if record["kind"] == "phase":
                snapshot = _snapshot(record["snapshot"])
                self.last_heard = max(self.last_heard, snapshot.seconds)
                self._bill.mark(record["name"], snapshot)
            elif record["kind"] == "report":
                report = Report(record["epoch"], record["metrics"], record["seconds"])
                self.last_heard = max(self.last_heard, report.seconds)
                fresh.append(report)
            elif record["kind"] == "reused":
                phases = {n: Measurement.from_json(m) for n, m in record["phases"].items()}
                self.reused = merged(self.reused, phases)
            else:
                self.notes.update(record["facts"])
        self.reports += fresh
        return fresh

    def finish(self, end: Exit) -> Outcome:
        """The outcome, whatever the trial's end was."""
        self.read_reports()
        status, error, metrics = self._judge(end)
        return Outcome(
            status=status,
            metrics=metrics,
            notes=self.notes,
            phases=self._bill.close(end),
            reused=self.reused,
            error=error,
            attempts=self.assignment.attempt,
            lost=self._lost,
        )

    def _judge(self, end: Exit) -> tuple[Status, str | None, Mapping[str, float]]:
        result = read_result(self.directory)
        if result is not None and end.code == 0:
            return Status(result["status"]), result["error"], result["metrics"]
        if self._verdict is not None:
            return self._verdict[0], self._verdict[1], {}
        if end.code == 0:
            return Status.FAILED, "the process ended without a result (os._exit?)", {}
        if end.code > 0:
            return Status.FAILED, f"the process exited with code {end.code}", {}
        name = signal.Signals(-end.code).name
        if end.host_out_of_memory and -end.code == signal.SIGKILL:
            return Status.OUT_OF_MEMORY, "killed by the host's out-of-memory killer", {}
        if -end.code in _KILLED_FROM_OUTSIDE:
            return Status.INTERRUPTED, f"killed from outside ({name})", {}
        return Status.FAILED, f"crashed ({name})", {}


class Bill:
    """The phases of a trial and what each of them has cost so far."""

    def __init__(self, leased: Snapshot, devices: int) -> None:
        self.devices = devices
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
        self._close_phase(last)
        result, self.closed = self.closed, saved
        return result

    def _close_phase(self, snapshot: Snapshot) -> None:
        if self.phase is None:
            return
        cost = Measurement.between(self.since, snapshot, self.devices)
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


def broken_limit(
    limits: Limits,
    *,
    spent: Measurement,
    silent_seconds: float,
    resident_mib: float | None,
) -> tuple[Status, str] | None:
    """The first limit that the trial is over, and the status and reason that this means."""
    if limits.host_memory_mib is not None and (resident_mib or 0.0) > limits.host_memory_mib:
        return Status.OUT_OF_MEMORY, (
            f"host memory {resident_mib:.0f} MiB over limits.host_memory_mib = "
            f"{limits.host_memory_mib:g}"
        )
    if limits.gpu_seconds is not None and spent.gpu_seconds > limits.gpu_seconds:
        return Status.OVER_BUDGET, f"over limits.gpu_seconds = {limits.gpu_seconds:g}"
    if limits.wall_seconds is not None and spent.wall_seconds > limits.wall_seconds:
        return Status.TIMED_OUT, f"over limits.wall_seconds = {limits.wall_seconds:g}"
    if limits.report_seconds is not None and silent_seconds > limits.report_seconds:
        return Status.TIMED_OUT, (
            f"silent for {silent_seconds:.0f} s, over limits.report_seconds = "
            f"{limits.report_seconds:g}"
        )
    return None


def read_exit(directory: Path) -> Exit | None:
    """What the warm parent recorded of a trial's end; None if it did not come to that."""
    try:
        record = json.loads((directory / EXIT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Exit(record["code"], record["seconds"], cpu_seconds=record["cpu_seconds"])


def read_result(directory: Path) -> Mapping[str, Any] | None:
    """What the worker has written at its end; None if it did not come to that."""
    try:
        record: Mapping[str, Any] = json.loads((directory / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def cut_log(log: Path) -> None:
    """Keep the head of a log that grows without end; its writer appends, so it may go on."""
    try:
        if log.stat().st_size > LOG_LIMIT_BYTES:
            os.truncate(log, LOG_KEPT_BYTES)
            with open(log, "a", encoding="utf-8") as file:
                file.write("\n[paretune: the log grew over 16 MiB; what followed was cut]\n")
    except OSError:
        return  # there is no log yet


def is_transient(outcome: Outcome) -> bool:
    """May the same trial succeed when it is run again?"""
    return outcome.status is Status.INTERRUPTED


def _snapshot(record: Mapping[str, Any]) -> Snapshot:
    peaks = record["device_peaks_mib"]
    return Snapshot(**{**record, "device_peaks_mib": None if peaks is None else tuple(peaks)})
