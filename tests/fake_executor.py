"""An executor without processes: trials take what a law says, in a time that the test turns on."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paretune.execute import Finished, Place, Progress
from paretune.execute.trial_run import Report
from paretune.measure import Measurement
from paretune.measure.devices import CPU_KIND, Device
from paretune.stages.stage_keys import PlannedStage
from paretune.trial.job import Assignment, Job
from paretune.trial.outcome import Outcome, Status


@dataclass(frozen=True)
class Law:
    """What a configuration comes to."""

    seconds: float  # of training, on each of its devices
    metrics: Mapping[str, float]
    epochs: int = 0  # reported on the way, evenly
    status: Status = Status.COMPLETED
    start: float = 0.0  # seconds before the training
    rest: float = 0.0  # seconds of the stages behind it, on a CPU core once devices are given back


@dataclass
class _Running:
    assignment: Assignment
    law: Law
    since: float
    allowed: float = float("inf")
    reason: str = ""
    ending: tuple[Status, str] | None = None
    told: int = 0
    place: Place = Place.DEVICES
    paid: float = 0.0  # seconds on the devices, once they are given back
    rest_since: float = 0.0


@dataclass
class FakeExecutor:
    """Devices that lease and bill like real ones. `now` moves on by what a poll may wait."""

    law: Callable[[Mapping[str, Any]], Law]
    count_of_devices: int = 2
    planned: Callable[[Mapping[str, Any]], tuple[PlannedStage, ...]] = lambda params: ()
    now: float = 0.0
    cores: int = 1000  # for trials that have given their devices back
    ready_seconds: float = 0.0
    prepared: dict[int, tuple[float, int]] = field(default_factory=dict)  # when, beside which
    started: list[Assignment] = field(default_factory=list)
    _runs: dict[int, _Running] = field(default_factory=dict)
    _free: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.devices = tuple(Device(f"cpu:{i}", CPU_KIND) for i in range(self.count_of_devices))
        self._free = list(range(self.count_of_devices))

    @property
    def free(self) -> int:
        return len(self._free)

    @property
    def running(self) -> Sequence[int]:
        return list(self._runs)

    def start(self, job: Job, gpu_count: int) -> Assignment:
        assert gpu_count <= len(self._free)
        leased = [self.devices[heapq.heappop(self._free)] for _ in range(gpu_count)]
        assignment = job.on(leased)
        self.started.append(assignment)
        self._runs[job.number] = _Running(assignment, self.law(job.params), self.now)
        return assignment

    def prepare(self, number: int, beside: int) -> None:
        assert beside in self._runs
        self.prepared.setdefault(number, (self.now, beside))

    def plan(self, params: Mapping[str, Any], seed: int) -> tuple[PlannedStage, ...]:
        return self.planned(params)

    def count(self, params: Mapping[str, Any]) -> Mapping[str, float] | None:
        return None

    def allow(self, number: int, gpu_seconds: float, reason: str) -> None:
        self._runs[number].allowed, self._runs[number].reason = gpu_seconds, reason

    def ask_to_stop(self, number: int, reason: str) -> None:
        self.kill(number, Status.STOPPED, reason)

    def kill(self, number: int, status: Status, reason: str) -> None:
        run = self._runs[number]
        run.ending = run.ending or (status, reason)

    def poll(self, timeout: float) -> Sequence[Progress | Finished]:
        self.now += timeout
        happened: list[Progress | Finished] = []
        for number, run in list(self._runs.items()):
            taken = self.now - run.since
            devices = len(run.assignment.devices)
            reports = self._reports(run, taken)
            if run.place is Place.DEVICES and run.law.rest and taken >= self._whole(run.law):
                self._give_back(run)
            if run.place is not Place.DEVICES:
                taken = run.paid
            elif run.ending is None and taken * devices >= run.allowed:
                run.ending = (Status.OVER_BUDGET, run.reason)
                taken = run.allowed / devices
            if run.ending is not None or self._is_over(run, taken):
                happened.append(self._finish(number, run, taken, reports))
            else:
                bill = Measurement(wall_seconds=taken, gpu_seconds=taken * devices)
                happened.append(Progress(number, reports, bill, run.place))
        return happened

    def _whole(self, law: Law) -> float:
        return law.start + law.seconds

    def _is_over(self, run: _Running, taken: float) -> bool:
        if not run.law.rest:
            return taken >= self._whole(run.law)
        if run.place is Place.LINE:
            at_work = sum(other.place is Place.CORE for other in self._runs.values())
            if at_work < self.cores:
                run.place, run.rest_since = Place.CORE, self.now
        return run.place is Place.CORE and self.now - run.rest_since >= run.law.rest

    def _give_back(self, run: _Running) -> None:
        run.place, run.paid = Place.LINE, self._whole(run.law)
        for device in run.assignment.devices:
            heapq.heappush(self._free, int(device.removeprefix("cpu:")))

    def close(self) -> Sequence[Finished]:
        ended = []
        for number, run in list(self._runs.items()):
            run.ending = (Status.INTERRUPTED, "the study was ended")
            ended.append(self._finish(number, run, self.now - run.since, ()))
        return ended

    def _reports(self, run: _Running, taken: float) -> tuple[Report, ...]:
        law, fresh = run.law, []
        while run.told < law.epochs:
            due = law.start + law.seconds * (run.told + 1) / law.epochs
            if due > taken:
                break
            run.told += 1
            share = run.told / law.epochs
            metrics = {name: value * share for name, value in law.metrics.items()}
            fresh.append(Report(run.told, metrics, run.since + due))
        return tuple(fresh)

    def _finish(
        self, number: int, run: _Running, taken: float, reports: tuple[Report, ...]
    ) -> Finished:
        del self._runs[number]
        devices = len(run.assignment.devices)
        if run.place is Place.DEVICES:
            self._give_back(run)
        status, error = run.ending or (run.law.status, None)
        if run.ending is None:
            taken = run.law.start + run.law.seconds
        start = min(taken, run.law.start)

        def bill(seconds: float) -> Measurement:
            return Measurement(wall_seconds=seconds, gpu_seconds=seconds * devices)

        phases = {"start": bill(start)} if start else {}
        phases["train"] = bill(taken - start)
        metrics = run.law.metrics if status is Status.COMPLETED else {}
        return Finished(
            run.assignment, Outcome(status, metrics=metrics, phases=phases, error=error), reports
        )
