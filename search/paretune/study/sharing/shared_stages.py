"""What the loop makes of stages that trials have in common: plans, siblings, offers, patience."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import optuna

from paretune.execute import Executor
from paretune.samplers import ReadsCosts, unwrapped
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.study.sharing.offers import Offers
from paretune.study.sharing.siblings import missing_keys, siblings
from paretune.study.storage import records
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.configuration import Configuration
from paretune.trial.job import Assignment
from paretune.trial.record import TrialRecord

# GPU-seconds that a planned configuration would take, or None where nothing is known.
PriceOf = Callable[[Configuration, Sequence[PlannedStage]], float | None]


class Begun(Protocol):
    """A trial that waits for devices, or has them."""

    @property
    def trial(self) -> optuna.Trial: ...
    @property
    def planned(self) -> Sequence[PlannedStage]: ...
    @property
    def assignment(self) -> Assignment | None: ...  # None: it waits


class Sharing:
    """Of one driver of a study; without a store there is nothing to share."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        executor: Executor,
        store: StageStore | None,
        offers: Offers,
    ) -> None:
        self.stored = stored
        self.spec = spec
        self.executor = executor
        self.store = store
        self.offers = offers

    def plan(self, configuration: Configuration) -> Sequence[PlannedStage]:
        """The stages of a configuration; () where nothing is shared."""
        if self.store is None:
            return ()
        return self.executor.plan(configuration.params, self.spec.training_seed)

    def _plan_sampled(self, params: Mapping[str, Any]) -> Sequence[PlannedStage]:
        return self.plan(self.spec.configure(params))

    def held(self, begun: Iterable[Begun]) -> set[int]:
        """Waiting trials whose next stage a running one is computing: soon they need not."""
        trials = list(begun)
        waiting = [trial for trial in trials if trial.assignment is None]
        if self.store is None or not waiting:
            return set()
        computed = {
            key
            for trial in trials
            if trial.assignment is not None
            for key in missing_keys(trial.planned, self.store)
        }
        return {
            trial.trial.number
            for trial in waiting
            if computed.intersection(missing_keys(trial.planned, self.store))
        }

    def paid(self, record: TrialRecord, known: Sequence[TrialRecord], price: PriceOf) -> None:
        """A trial has ended: use what it makes nearly free.

        A sampler that reads costs weighs that by itself; for any other the siblings of a
        completed, feasible trial are put in line.
        """
        if isinstance(unwrapped(self.stored.sampler), ReadsCosts):
            self.offer([record], price)
            return
        if self.store is None or not self.spec.siblings or not record.feasible:
            return
        marks = {records.SIBLING_OF: record.number}
        # As the trials were given them: Optuna's own carry the rounding errors of a step.
        there = [other.params for other in known]
        there += self.stored.queued()
        for params in siblings(record, self.spec.space, self.store, self._plan_sampled):
            if params not in there:
                self.stored.enqueue(params, marks)

    def offer(self, found: Sequence[TrialRecord], price: PriceOf) -> None:
        """Tell the cost-aware sampler what the trainings of completed trials make cheap."""
        if self.store is None or not self.spec.siblings:
            return

        def priced(params: Mapping[str, Any], planned: Sequence[PlannedStage]) -> float | None:
            return price(self.spec.configure(params), planned)

        for record in found:
            if record.values is not None:
                self.offers.learn(record, self._plan_sampled, priced)
