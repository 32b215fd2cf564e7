"""The stages of configurations, and which of them the store has or a running trial computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paretune.execute import Executor
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.study.asked_trial import AskedTrial
from paretune.study.sharing.siblings import missing_keys
from paretune.trial.configuration import Configuration


class StagePlans:
    """Of one driver of a study; without a store there is nothing to share."""

    def __init__(self, spec: StudySpec, executor: Executor, store: StageStore | None) -> None:
        self.spec = spec
        self.store = store
        self._executor = executor

    def plan(self, configuration: Configuration, seed: int | None = None) -> Sequence[PlannedStage]:
        """The stages of a configuration, with the study's seed or another; () without sharing."""
        if self.store is None:
            return ()
        return self._executor.plan(
            configuration.params, self.spec.training_seed if seed is None else seed
        )

    def plan_sampled(self, sampled: Mapping[str, Any]) -> Sequence[PlannedStage]:
        """The same, given by the sampled parameters alone."""
        return self.plan(self.spec.configure(sampled))

    def held(self, begun: Iterable[AskedTrial]) -> set[int]:
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
            trial.number
            for trial in waiting
            if computed.intersection(missing_keys(trial.planned, self.store))
        }
