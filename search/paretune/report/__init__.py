"""A study for people's eyes: tables for the terminal, pictures and pages for elsewhere.

Everything here reads what a study recorded and measures nothing. A study is taken as it is read
from its storage; only what `StudyView` and `FrontEntry` name is needed of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from paretune.measure import Measurement
from paretune.pareto.selection import Point
from paretune.spec.study_spec import StudySpec
from paretune.trial import Status


class FrontEntry(Point, Protocol):
    """One trial of a study."""

    @property
    def status(self) -> Status | None: ...  # None: still running
    @property
    def baseline(self) -> int | None: ...  # position in the study file, from 1
    @property
    def cost(self) -> Measurement: ...  # of the configuration, from scratch, whoever paid
    @property
    def reused(self) -> Mapping[str, Measurement]: ...  # phases that others had paid for
    @property
    def spent(self) -> Measurement: ...  # by this trial
    @property
    def saved(self) -> Mapping[str, float] | None: ...  # by ending it early: low, median, high
    @property
    def error(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def log(self) -> str | None: ...


class StudyView(Protocol):
    """A study with its trials and its front."""

    @property
    def spec(self) -> StudySpec: ...
    @property
    def device_kind(self) -> str: ...
    @property
    def records(self) -> Sequence[FrontEntry]: ...
    @property
    def front(self) -> Sequence[FrontEntry]: ...  # by the first objective, best first
