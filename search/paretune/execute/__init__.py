"""Where trials run. An executor owns devices, leases them to trials and brings back outcomes.

It is driven from one thread: `start` what `fits`, then `poll` in a loop. A trial gives its devices
back once no stage is left that needs them; where they are GPUs it goes on on a CPU core, beside the
trial that has them next. Its contract, which
every executor's tests subclass, is tests/contracts/executor.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from paretune.execute.trial_run import Report
from paretune.measure import Measurement
from paretune.measure.devices import Device
from paretune.stages.stage_keys import PlannedStage
from paretune.trial.job import Assignment, Job
from paretune.trial.outcome import Outcome, Status


class Place(StrEnum):
    """Where a trial is that has been started and not yet brought back."""

    DEVICES = "devices"  # on those that it has leased
    LINE = "line"  # it has given them back, and waits for a CPU core to run its last stages
    CORE = "core"  # they run


@dataclass(frozen=True)
class Progress:
    """News of a running trial: the reports since the last poll, and its bill so far."""

    number: int
    reports: tuple[Report, ...]
    spent: Measurement
    place: Place = Place.DEVICES


@dataclass(frozen=True)
class Finished:
    """A trial that has ended; its lease has been returned."""

    assignment: Assignment
    outcome: Outcome
    reports: tuple[Report, ...] = ()  # its last ones: those that no `Progress` has told


class Executor(Protocol):
    """Runs trials on the devices it owns."""

    @property
    def devices(self) -> Sequence[Device]:
        """Those it owns."""
        ...

    @property
    def free(self) -> int:
        """Devices that are not leased."""
        ...

    @property
    def running(self) -> Sequence[int]:
        """The numbers of the trials that have been started and not yet brought back."""
        ...

    def start(self, job: Job, gpu_count: int) -> Assignment:
        """Lease `gpu_count` devices and start the trial on them.

        Raises DeviceError when so many are not free, StudyHalted where trials cannot be begun at
        all: no disk for their files.
        """
        ...

    @property
    def ready_seconds(self) -> float:
        """How long before a trial begins its process is to be prepared; 0: it gains nothing."""
        ...

    def prepare(self, number: int, beside: int) -> None:
        """A trial will be started when `beside` ends: have a process warm up on its devices.

        A hint: it may be told again, and the trial may begin elsewhere, or never.
        """
        ...

    def plan(self, params: Mapping[str, Any], seed: int) -> tuple[PlannedStage, ...]:
        """The stages of a configuration and the keys of their products; () if not known."""
        ...

    def count(self, params: Mapping[str, Any]) -> Mapping[str, float] | None:
        """Parameters, multiply-adds and the like, before anything has run; None if not known."""
        ...

    def poll(self, timeout: float) -> Sequence[Progress | Finished]:
        """What has happened, waiting at most `timeout` seconds for something to happen."""
        ...

    def allow(self, number: int, gpu_seconds: float, reason: str) -> None:
        """A trial's whole bill (`Progress.spent`) may come to `gpu_seconds`, until told otherwise.

        At that it is ended as over budget, for this reason, whether or not anybody polls.
        """
        ...

    def ask_to_stop(self, number: int, reason: str) -> None:
        """Have a trial end itself at its next report, as `stopped`."""
        ...

    def kill(self, number: int, status: Status, reason: str) -> None:
        """End a trial now; its outcome carries this status, and its cost."""
        ...

    def close(self) -> Sequence[Finished]:
        """End everything, as `interrupted`; returns the trials that were running."""
        ...
