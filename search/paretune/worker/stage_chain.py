"""The chain of stages: each is taken from the store if it has run already, else run and stored.

A store that fails in any way costs nothing but the sharing: the trial says so in its log and goes
on without it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from paretune.measure import OVERHEAD_PHASES, Measurement
from paretune.stages.stage_keys import Origin, PlannedStage
from paretune.stages.stage_store import StageStore, StoredStage, StoreProblem, link
from paretune.trainables import Stage, Trainable
from paretune.trial.files import REPORTS
from paretune.trial.job import Assignment
from paretune.trial.outcome import merged
from paretune.worker.checked_metrics import ContractBroken, checked_metrics
from paretune.worker.handover import Handover, cut
from paretune.worker.stage_plan import plan
from paretune.worker.trial_context import TrialContext, VisibleParams


class Chain:
    """One trial's way through the stages that apply to it."""

    def __init__(self, trainable: Trainable, assignment: Assignment, context: TrialContext) -> None:
        self.assignment = assignment
        self.params = assignment.params
        self.context = context
        self.stages = {stage.name: stage for stage in trainable.stages}
        self.shared = assignment.store is not None and assignment.origin is not None
        origin = Origin(**(assignment.origin or Origin.nowhere().__dict__))
        self.planned = plan(trainable, origin, assignment.params)
        self.store = StageStore(Path(assignment.store or ""), assignment.store_limit_mib)

    def run(self) -> dict[str, float] | None:
        """The stages of this process in order; returns the metrics. Raises whatever a stage raises.

        None: others are left, for a process that holds a CPU core.
        """
        metrics: dict[str, float] = {}
        previous: Path | None = None
        if self.assignment.handed_over:
            metrics, previous = self._take_over()
        own = cut([self.stages[planned.name] for planned in self.planned], self.assignment)
        for planned in self.planned[own]:
            self.context.enter(planned.name, previous)
            metrics.update(self._stage(self.stages[planned.name], planned))
            previous = self.context.output
        if own.stop < len(self.planned):
            self._hand_over(metrics, previous)
            return None
        shutil.rmtree(self.context.directory / "stages", ignore_errors=True)
        if not metrics:
            raise ContractBroken(
                "the trainable returned no metrics; return a dict of name to number"
            )
        return metrics

    def _hand_over(self, metrics: Mapping[str, float], previous: Path | None) -> None:
        folder = self.context.directory
        product = None if previous is None else str(previous.relative_to(folder))
        Handover(metrics, self.context.notes, product).write(folder)

    def _take_over(self) -> tuple[dict[str, float], Path | None]:
        folder = self.context.directory
        found = Handover.read(folder)
        self.context.notes.update(found.notes)
        return dict(found.metrics), None if found.product is None else folder / found.product

    def _stage(self, stage: Stage, planned: PlannedStage) -> dict[str, float]:
        if not (self.shared and planned.stored):
            return self._run(stage)
        with ExitStack() as held:
            try:
                entry = self._take(planned.key)
                if entry is None:
                    with self.context.phase("store"):  # waits while another process computes it
                        held.enter_context(self._computing(planned.key))
                    entry = self._take(planned.key)  # it may just have been computed
                if entry is not None:
                    return self._reuse(entry)
                return self._run_and_keep(stage, planned)
            except StoreProblem as problem:
                self._give_up(problem)
                return self._run(stage)

    def _computing(self, key: str) -> AbstractContextManager[None]:
        reports = self.context.directory / REPORTS
        return self.store.computing(key, reports=reports, heard=self.context.report_waiting)

    def _run(self, stage: Stage) -> dict[str, float]:
        with self.context.phase(stage.name):
            returned = stage.run(VisibleParams(self.params, stage), self.context)
        return checked_metrics(returned, stage.name)

    def _run_and_keep(self, stage: Stage, planned: PlannedStage) -> dict[str, float]:
        before: Mapping[str, Measurement] = {}
        for reached, key in reversed(planned.prefixes):
            entry = self._take(key)
            if entry is not None:
                folder = self._linked(entry, f"{stage.name}@{reached}")  # it may be gone by now
                self.context.report_reused(entry, reached=reached)
                self.context.resume_from(reached, folder)
                before = entry.phases
                break

        def keep(reached: int, folder: Path, metrics: Mapping[str, float]) -> None:
            key = dict(planned.prefixes)[reached]
            params = {**planned.params, str(stage.prefix): reached}
            with self._forgiving():
                self._put(key, stage.name, folder, before, metrics, params)

        self.context.on_checkpoint(
            keep, {value for value, key in planned.prefixes if not self.store.has(key)}
        )
        metrics = self._run(stage)
        with self._forgiving(), self.context.phase("store"):
            output = self.context.output
            self._put(planned.key, stage.name, output, before, metrics, planned.params)
        return metrics

    def _put(
        self,
        key: str,
        stage: str,
        folder: Path,
        before: Mapping[str, Measurement],
        metrics: Mapping[str, float],
        params: Mapping[str, Any],
    ) -> None:
        if not self.shared:
            return
        here = self.context.stage_phases()
        own = {name: cost for name, cost in here.items() if name not in OVERHEAD_PHASES}
        self.store.put(
            key,
            stage,
            folder,
            phases=merged(before, own),
            metrics=metrics,
            notes=self.context.stage_notes,
            params=params,
        )

    def _take(self, key: str) -> StoredStage | None:
        with self.context.phase("store"):
            return self.store.get(key)

    def _reuse(self, entry: StoredStage) -> dict[str, float]:
        self.context.output = self._linked(entry, entry.stage)
        self.context.report_reused(entry)
        return dict(entry.metrics)

    def _linked(self, entry: StoredStage, name: str) -> Path:
        """The entry's files under a name of this trial's own: it may be evicted meanwhile."""
        target = self.context.directory / "stages" / name
        shutil.rmtree(target, ignore_errors=True)
        try:
            shutil.copytree(entry.folder, target, copy_function=link)
        except (OSError, shutil.Error) as error:
            raise StoreProblem(f"stage {entry.stage} vanished from the store: {error}") from error
        return target

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except StoreProblem as problem:
            self._give_up(problem)

    def _give_up(self, problem: StoreProblem) -> None:
        self.context.note(store_problem=str(problem))
        self.shared = False
