"""A study as the dashboard is to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from paretune.front.choice import FrontChoice, choose
from paretune.front.measured_front import MeasuredFront, measure_front
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

    @cached_property
    def measured(self) -> MeasuredFront:
        """The front with its noise."""
        return measure_front(self.records, self.spec.objectives)

    @cached_property
    def recommended(self) -> Mapping[str, FrontChoice]:
        """By option of `paretune export`: the knee, and the best in each objective."""
        if not self.measured.members:
            return {}
        best = {
            f"--best {name}": choose(self.measured, best=name)
            for name in self.spec.objectives.names
        }
        return {"--rule knee": choose(self.measured), **best}

    @property
    def baselines(self) -> list[TrialRecord]:
        """Those of the study file that have values."""
        return [record for record in self.records if record.baseline is not None and record.values]
