"""A study as the dashboard is to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from paretune.spec.study_spec import StudySpec
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class ShownStudy:
    """What the note, the graphs and the trials' notes are made from: a `RecordedStudy`, and more.

    Attributes:
        front: By the first objective, best first.
        curves: By trial, each objective's values after its epochs; of those that kept them.
    """

    spec: StudySpec
    device_kind: str
    records: Sequence[TrialRecord]
    front: Sequence[TrialRecord]
    curves: Mapping[int, Mapping[str, Sequence[float]]] = field(default_factory=dict)

    @property
    def baselines(self) -> list[TrialRecord]:
        """Those of the study file that have values."""
        return [record for record in self.records if record.baseline is not None and record.values]
