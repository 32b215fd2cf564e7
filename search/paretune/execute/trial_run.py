"""How one trial is watched and judged: its reports read, its cost billed, its limits held.

`TrialRun` knows nothing of processes or executors. It is fed with the trial's folder, a meter and
the news of the process's end, and makes the `Outcome` of whatever is there.

On GPUs a trial has two processes, one after the other: the first runs the stages that need devices,
the second, on a CPU core, those that need none. In between a record is left with the reports, so
that they can be read again from the beginning:

    {"kind": "handover", "phases": {...}, "reused": {...}}   what the first has come to
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from paretune.execute.trial_limits import Allowance, Deadline, broken_limit, next_deadline
from paretune.measure import WARM_UP, Measurement, Snapshot
from paretune.measure.bill import Bill, Exit
from paretune.trial.files import EXIT, HANDOVER, LOG, METER, REPORTS, RESULT, STOP, write_json
from paretune.trial.job import Assignment
from paretune.trial.outcome import Outcome, Status, merged
from paretune.trial.silence import Silence

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


@dataclass(frozen=True)
class HandedOver:
    """What the process with the devices had come to when it left the rest to one on a CPU core."""

    phases: Mapping[str, Measurement]
    reused: Mapping[str, Measurement]

    def to_json(self) -> dict[str, Any]:
        return {name: _to_json(getattr(self, name)) for name in ("phases", "reused")}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> HandedOver:
        return cls(_from_json(record["phases"]), _from_json(record["reused"]))


class TrialRun:
    """One attempt at a trial, from its lease to its outcome."""

    def __init__(
        self,
        assignment: Assignment,
        leased: Snapshot,  # the counters when the devices were leased
        lost: Measurement | None = None,  # what an attempt before this one has paid
        warming: Measurement | None = None,  # of its process, before the lease
    ) -> None:
        self.assignment = assignment
        self.directory = Path(assignment.directory)
        self.reports: list[Report] = []
        self.notes: dict[str, Any] = {}
        self.reused: dict[str, Measurement] = {}
        self._silence = Silence(leased.seconds)
        self._leased = leased
        self._bill: Bill | None = self._new_bill()  # of the process that runs; None: none does
        self._handover: HandedOver | None = None  # once the devices are given back
        self.allowance: Allowance | None = None  # of the study's budget
        self._lost = lost
        self._before_lease = {} if warming is None else {WARM_UP: warming}
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
        if self._bill is not None:
            self._bill.observe(snapshot)
        cut_log(self.directory / LOG)
        broken = broken_limit(
            self.assignment.limits,
            spent=self._since_lease(),
            silent_seconds=self._silence.look(snapshot.seconds),
            allocated_mib=allocated_mib,
        )
        if broken is not None:
            self.condemn(*broken)

    def spent(self) -> Measurement:
        """What the trial has cost so far, an earlier attempt included."""
        return Measurement.total(self._phases().values()) + (self._lost or Measurement())

    def _since_lease(self) -> Measurement:
        """What limits are held against."""
        phases = self._phases()
        return Measurement.total(cost for name, cost in phases.items() if name != WARM_UP)

    def _phases(self, end: Exit | None = None) -> dict[str, Measurement]:
        """Of this attempt: of the process that runs, and of the one before that had the devices."""
        own = {} if self._bill is None else self._bill.close(end)
        before = self._before_lease if self._handover is None else self._handover.phases
        return merged(before, own)

    def deadline(self) -> Deadline | None:
        """When the trial must have ended if nobody looks again; None: its limits name no time."""
        if self._bill is None:
            return None
        return next_deadline(
            self.assignment.limits,
            self.allowance,
            spent=self._since_lease(),
            lost=self._lost,
            at=self._bill.last.seconds,
            devices=0 if self._bill.off_device else self._bill.devices,
        )

    def hand_over(self, end: Exit) -> bool:
        """Has the process ended with stages left that need no device? Its bill is closed then."""
        condemned = self._verdict is not None or end.verdict is not None
        if condemned or not _is_handed_over(self.assignment, end):
            return False
        self.read_reports()
        self._take(HandedOver(self._phases(end), self.reused))
        return True

    def begin_in_another_process(self) -> None:
        """The first one has come to nothing: another has the lease, whose CPU time begins anew."""
        self._leased = replace(self._leased, cpu_seconds=0.0)
        self._bill = self._new_bill()

    def go_on(self, assignment: Assignment, leased: Snapshot) -> None:
        """Another process has a CPU core for the rest of the trial, from these counters on."""
        self.assignment, self._leased = assignment, leased
        self._bill, self._silence = self._new_bill(), Silence(leased.seconds)

    def begin_rest_again(self, end: Exit) -> None:
        """The process on the core was killed from outside: what it paid is lost, and no more."""
        if self._handover is None or self._bill is None:
            return
        self.read_reports()
        lost = Measurement.total(self._bill.close(end).values())
        self._lost = lost if self._lost is None else self._lost + lost
        self._take(self._handover)

    def _take(self, handover: HandedOver) -> None:
        """No process runs now; what the next one tells comes behind this record."""
        record = json.dumps({"kind": "handover", **handover.to_json()})
        with (
            contextlib.suppress(OSError),  # a full disk: it is known here all the same
            open(self.directory / REPORTS, "ab") as file,
        ):
            file.write(f"\n{record}\n".encode())  # the last line may be half a one
            self._read_to = file.tell()
        self._handover, self.reused, self._bill = handover, dict(handover.reused), None

    def _new_bill(self) -> Bill:
        devices = len(self.assignment.devices)
        return Bill(self._leased, devices, off_device=self.assignment.handed_over)

    def save_meter(self) -> None:
        """Leave the counters in the folder, for the case that this process is killed."""
        last = self._leased if self._bill is None else self._bill.last
        saved = {
            "leased": asdict(self._leased),
            "last": asdict(last),
            "lost": None if self._lost is None else self._lost.to_json(),
            "before_lease": _to_json(self._before_lease),
        }
        write_json(self.directory / METER, saved)

    @classmethod
    def resume(cls, directory: Path) -> TrialRun | None:
        """The run as a dead driver last saw it; None if it left nothing to go by."""
        try:
            saved = json.loads((directory / METER).read_text(encoding="utf-8"))
            lost = None if saved["lost"] is None else Measurement.from_json(saved["lost"])
            warming = _from_json(saved["before_lease"]).get(WARM_UP)
            run = cls(Assignment.read(directory), _snapshot(saved["leased"]), lost, warming)
        except (OSError, ValueError, KeyError):
            return None
        run.poll(_snapshot(saved["last"]), None)
        return run

    @property
    def last_seen(self) -> float:
        """When the meter was last read (CLOCK_MONOTONIC seconds)."""
        return self._leased.seconds if self._bill is None else self._bill.last.seconds

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
                self._silence.hear(snapshot.seconds)
                if self._bill is not None:
                    self._bill.mark(record["name"], snapshot)
            elif record["kind"] == "report":
                report = Report(record["epoch"], record["metrics"], record["seconds"])
                self._silence.hear(report.seconds)
                fresh.append(report)
            elif record["kind"] == "waiting":
                self._silence.hear(record["seconds"])
            elif record["kind"] == "reused":
                self.reused = merged(self.reused, _from_json(record["phases"]))
            elif record["kind"] == "handover":
                self._read_handover(HandedOver.from_json(record))
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
            phases=self._phases(end),
            reused=self.reused,
            error=error,
            attempts=self.assignment.attempt,
            lost=self._lost,
        )

    def _read_handover(self, handover: HandedOver) -> None:
        """Of a trial of a driver that has died: what follows is the next process's."""
        self._handover, self.reused = handover, dict(handover.reused)
        self._bill = self._new_bill() if self.assignment.handed_over else None

    def _judge(self, end: Exit) -> tuple[Status, str | None, Mapping[str, float]]:
        result = read_result(self.directory)
        if result is not None and end.code == 0:
            return Status(result["status"]), result["error"], result["metrics"]
        if self._verdict is not None:
            return self._verdict[0], self._verdict[1], {}
        if end.verdict is not None:
            return Status(end.verdict[0]), end.verdict[1], {}
        if _is_handed_over(self.assignment, end):  # the driver that saw to it is gone
            return Status.INTERRUPTED, "the program was killed before the trial's last stages", {}
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


def _is_handed_over(assignment: Assignment, end: Exit) -> bool:
    """Did the process with the devices end as it should, leaving stages to another one?"""
    left = Path(assignment.directory) / HANDOVER
    return end.code == 0 and not assignment.handed_over and left.exists()


def _to_json(phases: Mapping[str, Measurement]) -> dict[str, Any]:
    return {name: cost.to_json() for name, cost in phases.items()}


def _from_json(record: Mapping[str, Any]) -> dict[str, Measurement]:
    return {name: Measurement.from_json(cost) for name, cost in record.items()}


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
