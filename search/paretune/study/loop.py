"""The loop: ask the sampler, pack the devices, watch the trials, tell the storage."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import optuna

from paretune.errors import StorageError
from paretune.execute import Executor, Finished, Progress
from paretune.execute.trial_run import Report
from paretune.measure.devices import largest_lease
from paretune.pareto.selection import front_of
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.stoppers import Stopper
from paretune.study.drivers.driver import Driver
from paretune.study.observer import Observer, RunningTrial, StudyState, Summary
from paretune.study.packing import Packing, Waiting
from paretune.study.sharing.offers import Offers
from paretune.study.sharing.shared_stages import Sharing
from paretune.study.spending.budget import Refusal
from paretune.study.spending.treasury import Treasury
from paretune.study.steering.least_gain import LeastGain
from paretune.study.steering.sampling import reading_of
from paretune.study.steering.stopping import Stopping
from paretune.study.storage import records
from paretune.study.storage.packed import pack_prediction
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.storage.tell import (
    halt_if_all_fail_alike,
    halt_if_incomplete,
    tell_outcome,
    tell_skipped,
)
from paretune.study.storage.trial_folders import StudyFolder
from paretune.trial.configuration import Configuration
from paretune.trial.job import Assignment, Job
from paretune.trial.outcome import Status
from paretune.trial.prediction import Prediction
from paretune.trial.record import TrialRecord

POLL_SECONDS = 0.2
# A trial is asked for so many GPU-seconds before one ends: neither sampler nor storage is instant.
AHEAD_SECONDS = 1.5


@dataclass
class _Active:
    """A trial between ask and tell."""

    trial: optuna.Trial
    configuration: Configuration
    baseline: int | None
    planned: Sequence[PlannedStage] = ()
    assignment: Assignment | None = None  # once it has devices
    since: float = 0.0
    epoch: int | None = None
    metrics: Mapping[str, float] | None = None


class StudyLoop:
    """One call's work on a study, from here to its budget."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        executor: Executor,
        folder: StudyFolder,
        store: StageStore | None,
        offers: Offers,
        stopper: Stopper,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
        start_seconds: float = 0.0,
    ) -> None:
        self.stored = stored
        self.spec = spec
        self.objectives = spec.objectives
        self.executor = executor
        self.folder = folder
        self.sharing = Sharing(stored, spec, executor, store, offers)
        self.observer = observer
        self.clock = clock
        self.packing = Packing(len(executor.devices))
        self.most = largest_lease(executor.devices)  # that one trial can have
        self.driver = Driver.me()
        self.active: dict[int, _Active] = {}
        self.began = clock()
        self.treasury = Treasury(stored, spec, executor, store, self.driver, start_seconds)
        self.least_gain = LeastGain(spec, stored.sampler)
        reading = reading_of(spec, offers)
        self.stopping = Stopping(stored, spec, stopper, reading, self.most)
        self._refresh()
        offers.price = lambda params: self.treasury.price(spec.configure(params))
        self.sharing.offer(self.front, self.treasury.price)
        self._spent_before = self.spent
        self._ended_before = sum(self.counts.values())

    def run(self) -> Summary:
        """Until the budget is spent or the user interrupts; every trial is told before it returns.

        Raises StudyHalted when going on would only repeat one failure, StorageError when the
        storage fails for good.
        """
        interrupted, reason = False, ""
        try:
            while True:
                reason = self._start_what_fits() or ""
                if not self.executor.running and not self.packing.waiting and reason:
                    break
                for event in self.executor.poll(POLL_SECONDS):
                    self._take(event)
                self._hold_budget()
                self.observer.tick(self.state())
        except StorageError:
            self.stored.retry_seconds = 0.0  # it will not work a moment later either: leave quickly
            raise
        except KeyboardInterrupt:
            interrupted, reason = True, "interrupted; the same command goes on from here"
        finally:
            self._close()
        return Summary(self.stored.name, reason, interrupted, self.state())

    @property
    def spent(self) -> float:
        """GPU-seconds of the whole study, running trials included."""
        return self.treasury.committed.spent

    def state(self) -> StudyState:
        """Where the study stands now."""
        budget = self.spec.budget
        return StudyState(
            name=self.stored.name,
            objectives=self.objectives.names,
            device_kind=self.executor.devices[0].kind,
            devices=len(self.executor.devices),
            leased=len(self.executor.devices) - self.executor.free,
            running=[
                self._running(active, active.assignment.devices)
                for active in self.active.values()
                if active.assignment is not None
            ],
            finished=dict(self.counts),
            spent_gpu_seconds=self.spent,
            budget_gpu_seconds=self.treasury.purse.limit,
            budget_trials=budget.trials,
            front=self.front,
            wall_seconds=self.clock() - self.began,
            left_seconds=self._left_seconds(),
        )

    def _refresh(self) -> None:
        """Take in what the storage has: other drivers may work on the same study."""
        self.records = self.stored.records()
        ended = [record for record in self.records if record.status is not None]
        self.counts = Counter(record.status.value for record in ended if record.status)
        spent = sum(record.spent.gpu_seconds for record in ended)
        self.begun_elsewhere = sum(
            record.status is None and record.number not in self.active for record in self.records
        )
        self.front: Sequence[TrialRecord] = front_of(ended, self.objectives)
        self.treasury.update(self.records, spent, self.begun_elsewhere)

    def _start_what_fits(self) -> str | None:
        """Start and ask until nothing fits. Returns why no more is asked for, if so."""
        while True:
            held = self.sharing.held(self.active.values())
            due = self.packing.next(self.executor.free, held)
            if due is not None:
                self._begin(due)
                continue
            wanted = self._wants_more(held)
            if wanted:
                self._refresh()  # of two drivers neither must take what the other has begun
            begun = self._counted() + len(self.active) + self.begun_elsewhere
            reason = self.treasury.reached(begun) or self.least_gain.reason
            if reason is not None or not wanted:
                return reason
            self._ask()

    def _wants_more(self, held: set[int]) -> bool:
        soon = self.executor.free == 0 and self.treasury.one_ends_soon(AHEAD_SECONDS)
        return self.packing.wants_more(self.executor.free, held, soon=soon)

    def _begin(self, due: Waiting) -> None:
        """Start a trial that has waited; unless the budget was spent meanwhile."""
        active = self.active[due.number]
        if self.treasury.spent_up() is None:
            self._start(active, due.gpu_count)
            return
        self.stored.give_back(active.trial)
        self.treasury.ended(due.number)
        del self.active[due.number]

    def _counted(self) -> int:
        """Ended trials that count: an interrupted one runs again, a skipped one never ran."""
        uncounted = (Status.INTERRUPTED, Status.SKIPPED)
        return sum(self.counts.values()) - sum(self.counts[status.value] for status in uncounted)

    def _ask(self) -> None:
        self.sharing.offers.left = self.treasury.free()
        trial = self.stored.ask()
        params = self.stored.suggest(trial, self.spec.space, self.most)
        self.least_gain.observe()
        baseline = trial.user_attrs.get(records.BASELINE)
        given = records.params_mark(params, trial.params)
        self.stored.mark(trial, {records.DRIVER: self.driver.to_json(), **given})
        configuration = self.spec.configure(params)
        active = _Active(trial, configuration, baseline, self.sharing.plan(configuration))
        wanted = configuration.gpu_count
        if wanted > self.most:  # fixed beforehand: it was asked for where there were more
            reason = f"it needs {wanted} devices, and a trial can have {self.most} here"
            self._skip(active, Refusal(reason, for_budget=False))
            return
        refusal = self.treasury.consider(
            trial.number,
            configuration,
            active.planned,
            wished=baseline is not None,
            doubts=partial(self._doubts, active),
        )
        if refusal is not None:
            self._skip(active, refusal)
            return
        self.active[trial.number] = active
        self.packing.add(trial.number, wanted)

    def _doubts(self, active: _Active, prediction: Prediction) -> Refusal | None:
        """What the stopper has against a trial that has not begun."""
        verdict = self.stopping.before(active.configuration, prediction)
        if verdict is None:
            return None
        whole = prediction.figures.get(records.SPENT)
        self.stopping.note_verdict(active.trial, verdict, whole, 0.0)
        return Refusal(f"not begun: it {verdict.reason}", for_budget=False)

    def _skip(self, active: _Active, refusal: Refusal) -> None:
        if active.baseline is not None:  # it comes first, whenever there is a larger budget
            self.stored.give_back(active.trial)
            self.treasury.give_up()
            return
        tell_skipped(self.stored, active.trial, refusal)
        self._refresh()
        if not refusal.for_budget or self.treasury.purse.refused == 1:  # the first in a row
            self.observer.message(f"trial {active.trial.number} is skipped: {refusal.reason}")

    def _start(self, active: _Active, gpu_count: int) -> None:
        number, store = active.trial.number, self.sharing.store
        directory = self.folder.of_trial(number)
        predicted = self.treasury.started(number, active.configuration, active.planned)
        marks = {
            records.DIRECTORY: self.folder.name_of(directory),
            records.PREDICTION: pack_prediction(predicted),
        }
        self.stored.mark(active.trial, marks)
        active.assignment = self.executor.start(
            Job(
                number=number,
                trainable=self.spec.trainable,
                params=active.configuration.params,
                directory=str(directory),
                seed=self.spec.training_seed,
                data=self.spec.data,
                limits=self.spec.limits,
                search_path=self.spec.search_path,
                study=self.stored.id,
                store=None if store is None else str(store.folder),
                store_limit_mib=None if store is None else store.limit_mib,
            ),
            gpu_count,
        )
        self._renew_allowances()
        active.since = self.clock()
        self.treasury.tell_bill(active.trial, gpu_count)
        self.observer.started(self._running(active, active.assignment.devices))

    def _take(self, event: Progress | Finished) -> None:
        if isinstance(event, Progress):
            active = self.active[event.number]
            if event.reports:
                active.epoch = event.reports[-1].epoch
                active.metrics = event.reports[-1].metrics
            epoch = active.epoch if event.reports else None
            self.treasury.observe(event.number, event.spent.gpu_seconds, epoch)
            for report in event.reports:
                self._judge(active, report)
            return
        self._record(event)
        halt_if_all_fail_alike(self.records)

    def _judge(self, active: _Active, report: Report) -> None:
        """Ask the stopper about a running trial; a user's own baseline runs to its end."""
        number, epoch = active.trial.number, report.epoch
        self.stopping.observe(number, epoch, report.metrics)
        if active.baseline is not None:
            return
        cost, left = self.treasury.running[number], self.treasury.left()
        verdict = self.stopping.judge(number, epoch, cost, left)
        if verdict is not None:
            reason = f"stopped after epoch {epoch}: it {verdict.reason}"
            self.executor.ask_to_stop(number, reason)

    def _record(self, event: Finished) -> None:
        active = self.active.pop(event.assignment.number)
        for report in event.reports:
            self.stopping.observe(active.trial.number, report.epoch, report.metrics)
        self.stopping.note(active.trial, event.outcome, active.configuration)
        outcome = tell_outcome(
            self.stored,
            active.trial,
            event.outcome,
            Path(event.assignment.directory),
        )
        self.treasury.ended(active.trial.number)
        self._refresh()
        record = next(r for r in self.records if r.number == active.trial.number)
        self.observer.finished(record, self.state())
        self.sharing.paid(record, self.records, self.treasury.price)
        halt_if_incomplete(self.stored, outcome)

    def _hold_budget(self) -> None:
        """At the budget running trials end: it is a limit, not a wish."""
        if self.treasury.is_due():
            self._refresh()  # what other drivers have spent of it
            self.treasury.sync(self._holding())
        self._renew_allowances()

    def _renew_allowances(self) -> None:
        """Each trial ends where it is held once its allowance is spent, though none may look."""
        held = {trial.number: devices for trial, devices in self._holding()}
        for number, allowed, reason in self.treasury.allowances(held):
            self.executor.allow(number, allowed, reason)

    def _holding(self) -> list[tuple[optuna.Trial, int]]:
        """The trials that hold devices, and how many."""
        return [
            (active.trial, len(active.assignment.devices))
            for active in self.active.values()
            if active.assignment is not None
        ]

    def _close(self) -> None:
        """End what runs, tell it, and give back what waits for devices."""
        for event in self.executor.close():
            active = self.active[event.assignment.number]
            self._record(event)
            if event.outcome.status is Status.INTERRUPTED:
                self.stored.enqueue_again(active.trial, active.trial.params)
        for active in self.active.values():
            self.stored.give_back(active.trial)
        self.treasury.session.save()
        self.active.clear()
        self.packing.waiting.clear()

    def _running(self, active: _Active, devices: tuple[str, ...]) -> RunningTrial:
        return RunningTrial(
            number=active.trial.number,
            params=active.configuration.sampled,
            baseline=active.baseline,
            devices=devices,
            wall_seconds=self.clock() - active.since,
            gpu_seconds=self.treasury.running[active.trial.number].spent,
            epoch=active.epoch,
            metrics=active.metrics or {},
        )

    def _left_seconds(self) -> float | None:
        """By the pace of this call, until the nearest of the budgets."""
        wall, budget = self.clock() - self.began, self.spec.budget
        estimates = []
        spent, limit = self.spent - self._spent_before, self.treasury.purse.limit
        if limit is not None and spent > 0:
            estimates.append((limit - self.spent) * wall / spent)
        if budget.wall_seconds is not None:
            estimates.append(budget.wall_seconds - self.treasury.session.wall_seconds())
        ended = sum(self.counts.values()) - self._ended_before
        if budget.trials is not None and ended > 0:
            estimates.append((budget.trials - self._counted()) * wall / ended)
        return max(min(estimates), 0.0) if estimates else None
