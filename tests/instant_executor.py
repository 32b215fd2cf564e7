"""An executor whose trials end at once, without processes: for tests of everything around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from paretune.errors import DeviceError
from paretune.execute import Finished, Progress
from paretune.measure import Measurement
from paretune.measure.devices import Device
from paretune.stages.stage_keys import PlannedStage
from paretune.trial.files import LOG
from paretune.trial.job import Assignment, Job
from paretune.trial.outcome import Outcome, Status

PHASES = {
    "start": Measurement(gpu_seconds=0.1, wall_seconds=0.1, cpu_seconds=0.1),
    "train": Measurement(gpu_seconds=1.0, wall_seconds=1.0, cpu_seconds=1.0, peak_memory_mib=50.0),
}


class InstantExecutor:
    """Leases devices as the protocol says; `make_outcome` says what comes of a job."""

    code_version = "1"  # of the trainable
    data_version = "1"
    ready_seconds = 0.0

    def __init__(self, devices: Sequence[Device], make_outcome: Callable[[Job], Outcome]) -> None:
        self.devices = tuple(devices)
        self.make_outcome = make_outcome
        self.told: list[Finished] = []  # everything that was brought back
        self._running: dict[int, Assignment] = {}
        self._killed: dict[int, tuple[Status, str]] = {}

    @property
    def free(self) -> int:
        return len(self.devices) - sum(len(a.devices) for a in self._running.values())

    @property
    def running(self) -> Sequence[int]:
        return list(self._running)

    def start(self, job: Job, gpu_count: int) -> Assignment:
        if not 1 <= gpu_count <= self.free:
            raise DeviceError(f"trial {job.number} asks for {gpu_count} devices; {self.free} free")
        taken = {device for a in self._running.values() for device in a.devices}
        free = [device for device in self.devices if device.id not in taken]
        assignment = job.on(free[:gpu_count])
        folder = Path(job.directory)
        folder.mkdir(parents=True, exist_ok=True)
        assignment.write()
        (folder / LOG).write_text("a line\n", encoding="utf-8")
        self._running[job.number] = assignment
        return assignment

    def prepare(self, number: int, beside: int) -> None:
        pass

    def plan(self, params: Mapping[str, Any], seed: int) -> tuple[PlannedStage, ...]:
        return ()

    def count(self, params: Mapping[str, Any]) -> Mapping[str, float] | None:
        return None

    def poll(self, timeout: float) -> Sequence[Progress | Finished]:
        return self._end_all(self.make_outcome)

    def allow(self, number: int, gpu_seconds: float, reason: str) -> None:
        pass

    def ask_to_stop(self, number: int, reason: str) -> None:
        self._killed.setdefault(number, (Status.STOPPED, reason))

    def kill(self, number: int, status: Status, reason: str) -> None:
        self._killed.setdefault(number, (status, reason))

    def close(self) -> Sequence[Finished]:
        return self._end_all(
            lambda job: Outcome(Status.INTERRUPTED, phases=PHASES, error="the study was ended")
        )

    def _end_all(self, make: Callable[[Job], Outcome]) -> list[Finished]:
        ended = []
        for number, assignment in list(self._running.items()):
            if number in self._killed:
                status, reason = self._killed.pop(number)
                outcome = Outcome(status, phases=PHASES, error=reason)
            else:
                outcome = make(assignment)
            ended.append(Finished(assignment, outcome))
            del self._running[number]
        self.told += ended
        return ended
