"""Puts members of the front in line again, with other seeds, once the search has had its share.

Of the budget `[replicate] share` is kept: when the rest is spent, the configuration is trained
again of which one more measurement is expected to change most, per GPU-second, how sure the front
is (paretune.front.replication). Where that is nothing more the search goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from paretune.front.measured_configurations import MeasuredConfiguration
from paretune.front.measured_front import measure_front
from paretune.front.replication import next_to_replicate
from paretune.spec.study_spec import StudySpec
from paretune.study.spending.treasury import Treasury
from paretune.study.standing import Standing
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord

_OVERHEAD = 0.1  # of what a trial pays on average: start and evaluation, however short it is


class Replication:
    """Of one driver of a study."""

    def __init__(
        self, stored: StoredStudy, spec: StudySpec, standing: Standing, treasury: Treasury
    ) -> None:
        self._stored = stored
        self._spec = spec
        self._standing = standing
        self._treasury = treasury

    def put_in_line(self) -> None:
        """The next replicate, if it is time for one and nothing else is in line."""
        if not self._is_due or self._stored.queued():
            return
        chosen = self._next()
        if chosen is not None:
            first = chosen.trials[0]
            marks = {records.REPLICATE_OF: first.number, records.SEED: self._seed(first.number)}
            self._stored.enqueue(first.params, marks)

    @property
    def _is_due(self) -> bool:
        share, limit = self._spec.replicate.share, self._treasury.limit
        if share <= 0:
            return False
        if limit is not None and self._treasury.committed.spent >= (1 - share) * limit:
            return True
        trials = self._spec.budget.trials
        return trials is not None and self._standing.counted >= (1 - share) * trials

    def _next(self) -> MeasuredConfiguration | None:
        found = self._standing.records
        front = measure_front(found, self._spec.objectives)
        undone = _undone(found)
        costs = [self._cost(configuration) for configuration in front.configurations]
        barred = [
            i
            for i, one in enumerate(front.configurations)
            if any(trial.number in undone for trial in one.trials)
        ]
        return next_to_replicate(front, costs, self._spec.replicate.most, barred)

    def _cost(self, configuration: MeasuredConfiguration) -> float:
        record = configuration.trials[0]
        return record.cost_gpu_seconds + self._treasury.mean_paid() * _OVERHEAD

    def _seed(self, number: int) -> int:
        begun = Counter(record.replicate_of for record in self._standing.records)
        return self._spec.training_seed + 1 + begun[number]


def _undone(found: Sequence[TrialRecord]) -> set[int]:
    """Trials whose replicate runs, or came to nothing: a skipped one would be so again."""
    return {
        record.replicate_of
        for record in found
        if record.replicate_of is not None and record.status is not Status.COMPLETED
    }
