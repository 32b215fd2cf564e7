"""A study for people's eyes: tables for the terminal, pictures and pages for elsewhere.

Everything here reads what a study recorded and measures nothing. A study is taken as it is read
from its storage; only what `RecordedStudy` names is needed of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from paretune.front.measured_front import MeasuredFront
    from paretune.spec.study_spec import StudySpec
    from paretune.trial.record import TrialRecord


class RecordedStudy(Protocol):
    """A study with its trials and its front."""

    @property
    def spec(self) -> StudySpec: ...
    @property
    def device_kind(self) -> str: ...
    @property
    def records(self) -> Sequence[TrialRecord]: ...
    @property
    def front(self) -> Sequence[TrialRecord]: ...  # by the first objective, best first
    @property
    def measured(self) -> MeasuredFront: ...  # the front with its noise
