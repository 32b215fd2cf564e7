"""Where a study stands, as one driver knows it: its trials, its front, what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from paretune.execute import Executor
from paretune.front.measured_front import members_of
from paretune.spec.study_spec import StudySpec
from paretune.study.asked_trial import AskedTrial
from paretune.study.observer import RunningTrial, StudyState
from paretune.study.spending.treasury import Treasury
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord

_UNCOUNTED = (Status.INTERRUPTED, Status.SKIPPED)  # the one runs again, the other never ran


class Standing:
    """Of one call's work on a study; `refresh` takes in what the storage has."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        executor: Executor,
        treasury: Treasury,
        clock: Callable[[], float],
    ) -> None:
        self._stored = stored
        self._spec = spec
        self._executor = executor
        self._treasury = treasury
        self._clock = clock
        self._began = clock()
        self.refresh(())
        self._spent_before = treasury.committed.spent
        self._ended_before = sum(self.counts.values())

    def refresh(self, own: Collection[int]) -> None:
        """Look at the storage: other drivers may work on the study. `own`: this one's trials."""
        self.records = self._stored.records()
        ended = [record for record in self.records if record.status is not None]
        self.counts = Counter(record.status.value for record in ended if record.status)
        self.begun_elsewhere = sum(
            record.status is None and record.number not in own for record in self.records
        )
        self.front: Sequence[TrialRecord] = members_of(ended, self._spec.objectives)
        self._treasury.update(self.records, self.begun_elsewhere)

    def record(self, number: int) -> TrialRecord:
        """Of a trial that has begun."""
        return next(record for record in self.records if record.number == number)

    @property
    def counted(self) -> int:
        """Ended trials that count towards a budget of trials."""
        uncounted = sum(self.counts[status.value] for status in _UNCOUNTED)
        return sum(self.counts.values()) - uncounted

    def state(self, asked: Iterable[AskedTrial]) -> StudyState:
        """For whoever watches."""
        devices, free = self._executor.devices, self._executor.free
        return StudyState(
            name=self._stored.name,
            objectives=self._spec.objectives.names,
            device_kind=devices[0].kind,
            devices=len(devices),
            leased=len(devices) - free,
            running=[self.running(one) for one in asked if one.assignment is not None],
            finished=dict(self.counts),
            spent_gpu_seconds=self._treasury.committed.spent,
            budget_gpu_seconds=self._treasury.limit,
            budget_trials=self._spec.budget.trials,
            front=self.front,
            wall_seconds=self._clock() - self._began,
            left_seconds=self._left_seconds(),
        )

    def running(self, asked: AskedTrial) -> RunningTrial:
        """A trial that has its devices, for whoever watches."""
        return RunningTrial(
            number=asked.number,
            params=asked.configuration.sampled,
            baseline=asked.baseline,
            devices=asked.assignment.devices if asked.devices and asked.assignment else (),
            wall_seconds=self._clock() - asked.since,
            gpu_seconds=self._treasury.cost_of(asked.number).spent,
            epoch=asked.epoch,
            metrics=asked.metrics or {},
            place=asked.place,
        )

    def _left_seconds(self) -> float | None:
        """By the pace of this call, until the nearest of the budgets."""
        wall, budget = self._clock() - self._began, self._spec.budget
        estimates = []
        spent = self._treasury.committed.spent
        limit, paid = self._treasury.limit, spent - self._spent_before
        if limit is not None and paid > 0:
            estimates.append((limit - spent) * wall / paid)
        if budget.wall_seconds is not None:
            estimates.append(budget.wall_seconds - self._treasury.wall_seconds())
        ended = sum(self.counts.values()) - self._ended_before
        if budget.trials is not None and ended > 0:
            estimates.append((budget.trials - self.counted) * wall / ended)
        return max(min(estimates), 0.0) if estimates else None
