"""Runs trials on this machine: leases its devices, forks from a warm parent, watches each trial."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from paretune.errors import StudyHalted, TrainableError
from paretune.execute import Finished, Place, Progress
from paretune.execute.core_line import CoreLine
from paretune.execute.device_pool import DevicePool
from paretune.execute.ready_trials import ReadyTrial, ReadyTrials, warming
from paretune.execute.started_trial import StartedTrial
from paretune.execute.trial_limits import Allowance
from paretune.execute.trial_run import TrialRun, exit_from, is_transient, read_exit
from paretune.execute.warm_client import WarmClient
from paretune.measure import Measurement
from paretune.measure.bill import Exit
from paretune.measure.devices import CPU_KIND, Device, cpu_cores
from paretune.measure.lease_meter import LeaseMeter, lease_snapshot
from paretune.stages.stage_keys import Origin, PlannedStage
from paretune.trial.files import EXIT, HANDOVER, METER, MODEL, OUTCOME, REPORTS, RESULT, STOP
from paretune.trial.job import Assignment, Job
from paretune.trial.outcome import Outcome, Status

log = logging.getLogger(__name__)

METER_SECONDS = 1.0  # how often a running trial's bill is left in its folder
RENEWAL_SECONDS = 0.02  # a deadline that has moved by less is left as it is
MAX_ATTEMPTS = 2  # a trial killed from outside is run again once
PARENT_ATTEMPTS = 5  # at starting a warm parent that somebody keeps killing


class LocalExecutor:
    """This machine's devices. Close it: leases and processes end with it."""

    def __init__(
        self,
        devices: Sequence[Device],
        trainable: str,
        search_path: str | None,
        log_file: Path,
        *,
        data: Mapping[str, Any] | None = None,
        owner: str = "",
    ) -> None:
        self.devices = tuple(devices)
        self.pool = DevicePool(devices)
        # Where devices are cores, stages that need none gain nothing by giving theirs back.
        self._line = CoreLine(() if devices[0].kind == CPU_KIND else cpu_cores())
        self._trainable = trainable
        self._version = self._data = ""
        self._runs: dict[int, StartedTrial] = {}
        unanswered: set[str] = set()  # kept from one parent to the next
        self._make_parent: Callable[[bool], WarmClient] = lambda preload: WarmClient(
            trainable,
            search_path,
            data or {},
            log_file,
            preload=preload,
            owner=owner,
            unanswered=unanswered,
        )
        self._preload, self._warms_up = True, False
        self._ready = ReadyTrials()
        self._parent = self._start_parent()

    @property
    def code_version(self) -> str:
        """A hash of the trainable's code; "" where it is not known."""
        return self._version

    @property
    def data_version(self) -> str:
        """A fingerprint of the data; "" where it is not known."""
        return self._data

    @property
    def free(self) -> int:
        return len(self.pool.free)

    @property
    def running(self) -> Sequence[int]:
        return list(self._runs)

    def start(self, job: Job, gpu_count: int) -> Assignment:
        with self.pool.released_on_error(job.number):
            preferred = self._ready.devices_of(job.number)
            devices = self.pool.lease(job.number, gpu_count, preferred)
            origin = asdict(self._origin(job.seed)) if self._version else None
            assignment = job.on(devices, origin)
            ready = self._ready.claim(job.number, assignment.devices)
            if ready is None and preferred:
                self._parent.discard(job.number)
            try:
                self._launch(assignment, ready=ready)
            except OSError as error:  # a full disk, or a folder that may not be written
                raise StudyHalted(
                    f"trial {job.number} cannot begin in {job.directory}: {error}; make room there "
                    "or let it be written, and the same command goes on from here"
                ) from error
        return assignment

    @property
    def ready_seconds(self) -> float:
        return self._ready.seconds if self._warms_up else 0.0

    def prepare(self, number: int, beside: int) -> None:
        running = self._runs.get(beside)
        if not self._warms_up or running is None or running.place is not Place.DEVICES:
            return
        if number not in self._ready:
            assignment = running.run.assignment
            for other in self._ready.prepare(number, assignment.devices):
                self._parent.discard(other)
            kind, seconds = assignment.device_kind, self._ready.seconds
            self._parent.prepare(number, assignment.devices, kind, seconds)

    def plan(self, params: Mapping[str, Any], seed: int) -> tuple[PlannedStage, ...]:
        return self._parent.plan(self._origin(seed), params) if self._version else ()

    def count(self, params: Mapping[str, Any]) -> Mapping[str, float] | None:
        return self._parent.count(params)

    def poll(self, timeout: float) -> Sequence[Progress | Finished]:
        happened: list[Progress | Finished] = []
        for event in self._parent.events(timeout):
            happened += self._take(event)
        for running in list(self._runs.values()):
            progress = self._watch(running)
            if progress is not None:
                happened.append(progress)
        happened += self._end_condemned_in_line()
        happened += self._go_on_where_cores_are_free()
        return happened

    def allow(self, number: int, gpu_seconds: float, reason: str) -> None:
        if number in self._runs:
            self._runs[number].run.allowance = Allowance(gpu_seconds, reason)
            self._renew_deadline(self._runs[number])

    def ask_to_stop(self, number: int, reason: str) -> None:
        if number not in self._runs:
            return
        try:
            self._runs[number].run.ask_to_stop(reason)
        except OSError:  # a full disk, or the folder was removed: it cannot be asked
            self.kill(number, Status.STOPPED, reason)

    def kill(self, number: int, status: Status, reason: str) -> None:
        if number in self._runs:
            self._runs[number].run.condemn(status, reason)
            self._parent.kill(number)

    def close(self) -> Sequence[Finished]:
        for running in self._runs.values():
            running.run.condemn(Status.INTERRUPTED, "the study was ended")
        self._parent.close()
        finished = []
        for running in list(self._runs.values()):
            finished.append(self._finish(running, running.run.finish(self._last_exit(running))))
        return finished

    def _origin(self, seed: int) -> Origin:
        return Origin(self._trainable, self._version, self._data, seed, self.devices[0].kind)

    def _start_parent(self) -> WarmClient:
        for attempt in range(1, PARENT_ATTEMPTS + 1):
            parent = self._make_parent(self._preload)
            try:
                ready = parent.wait_until_ready()
                break
            except TrainableError:
                if not parent.was_killed or attempt == PARENT_ATTEMPTS:
                    raise
                log.warning("the warm parent was killed while it started; starting another")
        hazard = ready["fork_hazard"]
        if hazard is not None:
            parent.close()
            self._import_in_each_trial(hazard)
            return self._start_parent()
        self._version, self._data = ready["version"], ready["data"]
        # On CPU cores it would take the time of the trial beside it.
        self._warms_up = ready["warms_up"] and self.devices[0].kind != CPU_KIND
        return parent

    def _import_in_each_trial(self, hazard: str) -> None:
        """Such a process cannot be forked. One that imports nothing can, and each trial then
        imports for itself, at the price of some seconds.
        """
        log.warning("%s: each trial imports its framework anew", hazard)
        self._preload = False

    def _launch(
        self,
        assignment: Assignment,
        lost: Measurement | None = None,  # what an attempt has paid that was killed from outside
        allowance: Allowance | None = None,
        ready: ReadyTrial | None = None,
    ) -> None:
        directory = Path(assignment.directory)
        directory.mkdir(parents=True, exist_ok=True)
        # Of an earlier attempt, or of a study that was deleted while its files were not.
        for name in (REPORTS, RESULT, HANDOVER, EXIT, STOP, METER, OUTCOME, MODEL):
            (directory / name).unlink(missing_ok=True)
        assignment.write()
        leased = lease_snapshot(assignment.devices, assignment.device_kind)
        meter = warmed = None
        if ready is not None and ready.pid is not None:  # its counters run already
            meter = LeaseMeter(assignment.devices, assignment.device_kind, ready.pid)
            meter.cpu.memory.baseline_mib = ready.began_with_mib
            leased = replace(leased, cpu_seconds=meter.snapshot().cpu_seconds)
            so_far = warming(leased.seconds - ready.since, leased.cpu_seconds)
            warmed = ready.warming or so_far
        run = TrialRun(assignment, leased, lost, warmed)
        run.allowance = allowance
        run.save_meter()
        running = StartedTrial(run, assignment.number, meter=meter, kills=host_kills())
        self._runs[assignment.number] = running
        self._parent.start(assignment.number, assignment.directory)
        self._renew_deadline(running)

    def _go_on_where_cores_are_free(self) -> list[Finished]:
        """Those are returned that cannot: their files cannot be written."""
        ended = []
        while (due := self._line.next()) is not None:
            number, cores = due
            running = self._runs[number]
            try:
                self._launch_rest(running, running.run.assignment.on_cores(cores))
            except OSError as error:
                running.run.condemn(Status.FAILED, f"it cannot go on on a CPU core: {error}")
                outcome = running.run.finish(self._last_exit(running))
                ended.append(self._finish(running, outcome))
        return ended

    def _launch_rest(self, running: StartedTrial, assignment: Assignment) -> None:
        """Have another process run the stages that need no device."""
        (running.directory / EXIT).unlink(missing_ok=True)
        running.run.go_on(assignment, lease_snapshot(assignment.devices, assignment.device_kind))
        running.run.save_meter()  # first: from here on a dead driver's trial has no devices
        assignment.write()
        running.place, running.kills = Place.CORE, host_kills()
        self._parent.start(running.number, assignment.directory)
        self._renew_deadline(running)

    def _end_condemned_in_line(self) -> list[Finished]:
        """Trials that were killed while they had no process that could die of it."""
        condemned = [
            running
            for running in map(self._runs.__getitem__, self._line.waiting)
            if running.run.verdict is not None
        ]
        return [
            self._finish(running, running.run.finish(self._last_exit(running)))
            for running in condemned
        ]

    def _take(self, event: dict[str, Any]) -> list[Progress | Finished]:
        self._ready.hear(event)
        running = self._runs.get(event.get("number", -1))
        if event["event"] == "started" and running is not None:
            assignment = running.run.assignment
            running.pid = event["pid"]
            if running.meter is None or running.meter.cpu.pid != event["pid"]:
                if running.meter is not None:  # the process that was to be warm never was
                    running.run.begin_in_another_process()
                running.meter = LeaseMeter(assignment.devices, assignment.device_kind, event["pid"])
        elif event["event"] == "exited" and running is not None:
            killed = host_kills() > running.kills
            return self._ended(running, exit_from(event, host_out_of_memory=killed))
        elif event["event"] == "unstarted" and running is not None:
            reason = f"its process could not be started: {event['reason']}"
            running.run.condemn(Status.FAILED, reason)
            return self._ended(running, Exit(code=1, seconds=time.monotonic()))
        elif event["event"] == "unforkable" and self._preload:
            self._import_in_each_trial(event["reason"])
            return self._replace_parent()
        elif event["event"] == "gone":
            log.warning("the warm parent died; starting another")
            return self._replace_parent()
        return []

    def _watch(self, running: StartedTrial) -> Progress | None:
        """Meter a running trial, judge it, and pass on what it has reported."""
        run, meter = running.run, running.meter
        if meter is None:
            return None
        snapshot = meter.snapshot()
        judged_before = run.verdict is not None
        run.poll(snapshot, meter.allocated_mib())
        if run.verdict is not None and not judged_before:
            self._parent.kill(running.number)
        self._renew_deadline(running)
        if snapshot.seconds - running.saved_at >= METER_SECONDS:
            running.saved_at = snapshot.seconds
            with contextlib.suppress(OSError):  # a full disk must not end the study
                run.save_meter()
        return Progress(running.number, running.fresh_reports(), run.spent(), running.place)

    def _renew_deadline(self, running: StartedTrial) -> None:
        """Tell the warm parent when the trial must have ended, in case that we do not look."""
        deadline, told = running.run.deadline(), running.deadline
        if deadline is not None and (
            told is None
            or deadline.reason != told.reason
            or abs(deadline.seconds - told.seconds) > RENEWAL_SECONDS
        ):
            running.deadline = deadline
            self._parent.hold(running.number, deadline)

    def _ended(self, running: StartedTrial, end: Exit) -> list[Progress | Finished]:
        if running.run.hand_over(end):
            return [self._give_back(running)]
        outcome = running.run.finish(end)
        if is_transient(outcome) and running.run.verdict is None:
            assignment = running.run.assignment
            if assignment.attempt < MAX_ATTEMPTS:
                log.warning("trial %d: %s; running it again", running.number, outcome.error)
                running.end_descendants()
                again = replace(assignment, attempt=assignment.attempt + 1)
                try:
                    if again.handed_over:
                        running.run.begin_rest_again(end)
                        running.process_ended()
                        self._launch_rest(running, again)
                    else:
                        self._launch(again, outcome.spent, running.run.allowance)
                    return []
                except OSError as error:
                    told = f"{outcome.error}; it cannot be run again: {error}"
                    outcome = replace(outcome, error=told)
        return [self._finish(running, outcome)]

    def _give_back(self, running: StartedTrial) -> Progress:
        """Its devices are free for the next trial; it goes on once a CPU core is."""
        running.end_descendants()
        running.process_ended()
        running.place = Place.LINE
        self.pool.release(running.number)
        self._line.join(running.number)
        return Progress(running.number, running.fresh_reports(), running.run.spent(), running.place)

    def _finish(self, running: StartedTrial, outcome: Outcome) -> Finished:
        running.end_descendants()
        del self._runs[running.number]
        self.pool.release(running.number)
        self._line.leave(running.number)
        return Finished(running.run.assignment, outcome, running.fresh_reports())

    def _replace_parent(self) -> list[Progress | Finished]:
        """A new warm parent; the trials of the one before end with it, and each is run again."""
        self._parent.close()
        self._ready.forget()
        # Read now: what the new parent's import takes is no trial's.
        ends = [
            (running, self._last_exit(running))
            for running in self._runs.values()
            if running.place is not Place.LINE
        ]
        self._parent = self._start_parent()
        happened = []
        for running, end in ends:
            happened += self._ended(running, end)
        return happened

    def _last_exit(self, running: StartedTrial) -> Exit:
        """How a trial ended of which no event tells: as the warm parent recorded it, or killed."""
        end = read_exit(Path(running.run.assignment.directory))
        return end if end is not None else Exit(code=-9, seconds=time.monotonic())


def host_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """How often the kernel's out-of-memory killer has struck since boot."""
    try:
        for line in vmstat.read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
