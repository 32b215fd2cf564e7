"""How one trial is watched and judged: its reports read, its cost billed, its limits held.

`TrialRun` knows nothing of processes or executors. It is fed with the trial's folder, a meter and
the news of the process's end, and makes the `Outcome` of whatever is there.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paretune.execute.trial_limits import Allowance, Deadline, broken_limit, next_deadline
from paretune.measure import Measurement, Snapshot
from paretune.measure.bill import Bill, Exit
from paretune.trial.files import EXIT, LOG, METER, REPORTS, RESULT, STOP, write_json
from paretune.trial.job import Assignment
from paretune.trial.outcome import Outcome, Status, merged

LOG_LIMIT_BYTES = 16 * 2**20
LOG_KEPT_BYTES = 2**20
# Deaths by these come from outside, and the trial may well succeed when it is run again.
_KILLED_FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}


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
        self.allowance: Allowance | None = None  # of the study's budget
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

    def poll(self, snapshot: Snapshot, allocated_mib: float | None) -> None:
        """Take in what the trial has told and what the meter shows; judge it by its limits."""
        self.read_reports()
        self._bill.observe(snapshot)
        cut_log(self.directory / LOG)
        broken = broken_limit(
            self.assignment.limits,
            spent=self._bill.spent(),
            silent_seconds=snapshot.seconds - self.last_heard,
            allocated_mib=allocated_mib,
        )
        if broken is not None:
            self.condemn(*broken)

    def spent(self) -> Measurement:
        """What the trial has cost so far, an earlier attempt included."""
        return self._bill.spent() + (self._lost or Measurement())

    def deadline(self) -> Deadline | None:
        """When the trial must have ended if nobody looks again; None: its limits name no time."""
        return next_deadline(
            self.assignment.limits,
            self.allowance,
            spent=self._bill.spent(),
            lost=self._lost,
            at=self._bill.last.seconds,
            devices=self._bill.devices,
        )

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
        for record in _readable(whole):
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
        if end.verdict is not None:
            return Status(end.verdict[0]), end.verdict[1], {}
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


def _readable(lines: bytes) -> Iterator[Mapping[str, Any]]:
    """The records of the lines. A machine that lost power may have left some that are none."""
    for line in lines.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and "kind" in record:
            yield record


def read_exit(directory: Path) -> Exit | None:
    """What the warm parent recorded of a trial's end; None if it did not come to that."""
    try:
        record = json.loads((directory / EXIT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return exit_from(record)


def exit_from(record: Mapping[str, Any], *, host_out_of_memory: bool = False) -> Exit:
    """An end as the warm parent tells it."""
    verdict = record["verdict"]
    return Exit(
        code=record["code"],
        seconds=record["seconds"],
        cpu_seconds=record["cpu_seconds"],
        verdict=None if verdict is None else (verdict[0], verdict[1]),
        foreign_seconds=record["foreign_seconds"],
        delay_seconds=record["delay_seconds"],
        host_out_of_memory=host_out_of_memory,
    )


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
