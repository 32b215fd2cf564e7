"""What a running study tells whoever watches it: the terminal, a test, a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from paretune.execute import Place
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class RunningTrial:
    """A trial that has begun: it holds devices, or runs its last stages without."""

    number: int
    params: Mapping[str, Any]
    baseline: int | None
    devices: tuple[str, ...]  # those that it holds
    wall_seconds: float
    gpu_seconds: float
    epoch: int | None  # of its last report
    metrics: Mapping[str, float]  # of its last report
    place: Place = Place.DEVICES


@dataclass(frozen=True)
class StudyState:
    """Where the study stands."""

    name: str
    objectives: Sequence[str]
    device_kind: str
    devices: int
    leased: int
    running: Sequence[RunningTrial]
    finished: Mapping[str, int]  # trials by status, of the whole study
    spent_gpu_seconds: float  # of the whole study, running trials included
    budget_gpu_seconds: float | None
    budget_trials: int | None
    front: Sequence[TrialRecord]
    wall_seconds: float  # since this call began
    left_seconds: float | None  # estimated; None while nothing is known


@dataclass(frozen=True)
class Summary:
    """How a call of `run_study` ended."""

    name: str
    reason: str  # one line: which budget was reached, or that it was interrupted
    interrupted: bool
    state: StudyState


class Observer(Protocol):
    """Called from the study's loop; must return quickly and not raise."""

    def started(self, trial: RunningTrial) -> None:
        """A trial has been given its devices."""
        ...

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        """A trial has ended and is in the storage."""
        ...

    def tick(self, state: StudyState) -> None:
        """Several times a second."""
        ...

    def message(self, text: str) -> None:
        """Something a user should know: a trial run again, a study resumed."""
        ...


@dataclass
class Silent:
    """Watches nothing; keeps the messages."""

    messages: list[str] = field(default_factory=list)

    def started(self, trial: RunningTrial) -> None:
        pass

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        pass

    def tick(self, state: StudyState) -> None:
        pass

    def message(self, text: str) -> None:
        self.messages.append(text)
