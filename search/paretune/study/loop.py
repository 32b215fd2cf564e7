"""The loop: ask the sampler, pack the devices, watch the trials, tell the storage."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from paretune.errors import StorageError
from paretune.execute import Executor, Finished, Progress
from paretune.spec.study_spec import StudySpec
from paretune.study.admission import Admission
from paretune.study.asked_trial import AskedTrial
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.recover import Recovery
from paretune.study.observer import Observer, StudyState, Summary
from paretune.study.packing import Packing, Waiting
from paretune.study.sharing.shared_stages import Sharing
from paretune.study.sharing.stage_plans import StagePlans
from paretune.study.spending.affordable import Affordable
from paretune.study.spending.treasury import Treasury
from paretune.study.standing import Standing
from paretune.study.steering.least_gain import LeastGain
from paretune.study.steering.replication_line import Replication
from paretune.study.steering.stopping import Stopping
from paretune.study.storage.stored_study import StoredStudy, TrialSettled
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import pack_prediction
from paretune.study.stored_trials.tell import (
    halt_if_all_fail_alike,
    halt_if_incomplete,
    tell_outcome,
)
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.study.supervision import Supervision
from paretune.trial.job import Job
from paretune.trial.outcome import Outcome, Status

POLL_SECONDS = 0.2
STALE_SECONDS = 2 * POLL_SECONDS  # bills that were looked at longer ago are looked at again
# A trial is asked for so many GPU-seconds before one ends: neither sampler nor storage is instant.
AHEAD_SECONDS = 1.5


class StudyLoop:
    """One call's work on a study, from here to its budget (paretune.study.assemble builds it)."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        executor: Executor,
        folder: StudyFolder,
        *,
        driver: Driver,
        recovery: Recovery,
        treasury: Treasury,
        standing: Standing,
        plans: StagePlans,
        sharing: Sharing,
        stopping: Stopping,
        affordable: Affordable,
        admission: Admission,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stored = stored
        self.spec = spec
        self.executor = executor
        self.folder = folder
        self.driver = driver
        self.recovery = recovery
        self.treasury = treasury
        self.standing = standing
        self.plans = plans
        self.sharing = sharing
        self.stopping = stopping
        self.affordable = affordable
        self.admission = admission
        self.least_gain = LeastGain(spec, stored.sampler)
        self.replication = Replication(stored, spec, standing, treasury)
        self.observer = observer
        self.clock = clock
        self.packing = Packing(len(executor.devices))
        self.asked: dict[int, AskedTrial] = {}  # by trial: not yet told
        self.supervision = Supervision(
            executor, self.asked, treasury=treasury, standing=standing, stopping=stopping
        )
        self._looked_at = clock()  # at the running trials
        self._news: deque[Progress | Finished] = deque()  # of them, not yet taken in
        self._postponed: AskedTrial | None = None  # does not fit what others have left so far
        self._one_has_ended = False  # since that was last looked at
        self._nothing_fits = False  # what the sampler found last does not; until a trial ends

    def run(self) -> Summary:
        """Until the budget is spent or the user interrupts; every trial is told before it returns.

        Raises StudyHalted when going on would only repeat one failure, StorageError when the
        storage fails for good.
        """
        with self.treasury.heartbeat():
            return self._run()

    def _run(self) -> Summary:
        interrupted, reason = False, ""
        try:
            while True:
                self._look_after_others()
                reason = self._start_what_fits() or ""
                if reason and not self._is_busy and not self.recovery.undecided:
                    break
                self._look(POLL_SECONDS)
                self.supervision.hold_budget()
                self.observer.tick(self.state())
        except StorageError:
            self.stored.retry_seconds = 0.0  # it will not work a moment later either: leave quickly
            raise
        except KeyboardInterrupt:
            interrupted, reason = True, "interrupted; the same command goes on from here"
        finally:
            self._close()
        return Summary(self.stored.name, reason, interrupted, self.state())

    def state(self) -> StudyState:
        """Where the study stands now."""
        return self.standing.state(self.asked.values())

    @property
    def _is_busy(self) -> bool:
        return bool(self.executor.running or self.packing.waiting)

    def _refresh(self) -> None:
        self.standing.refresh(self.asked)

    def _look_after_others(self) -> None:
        """Settle the trials of drivers that have died; end those that another one has settled."""
        told = self.recovery.look_if_due(self.asked)
        for line in told:
            self.observer.message(line)
        if told:
            self._refresh()
        ended = {record.number for record in self.standing.records if record.status is not None}
        for number in ended.intersection(self.executor.running):
            self.executor.kill(number, Status.INTERRUPTED, "another driver has settled it")

    @contextlib.contextmanager
    def _unless_settled(self) -> Iterator[None]:
        """A trial that another driver has told is no more this one's: that is said, no more."""
        try:
            yield
        except TrialSettled as settled:
            self.observer.message(str(settled))
            self.asked.pop(settled.number, None)
            self.treasury.release(settled.number)

    # Asking

    def _start_what_fits(self) -> str | None:
        """Start and ask until nothing fits. Returns why no more is asked for, if so."""
        while not self.supervision.too_many_wait():
            held = self.plans.held(self.asked.values())
            due = self.packing.next(self.executor.free, held)
            if due is not None:
                self._begin(due)
                continue
            self._prepare_next(held)
            if self._postponed is not None:
                if self._is_busy and not self._one_has_ended:
                    return None
                with self._unless_settled():
                    self._decide(self._postponed, asked_now=False)
                continue
            wanted = self._wants_more(held)
            if wanted:
                self._nothing_fits = self._nothing_fits or self._buys_nothing()
                self._refresh()  # of two drivers neither must take what the other has begun
            reason = self._end()
            if reason is not None or not wanted:
                return reason
            if self._nothing_fits:  # but what runs may leave something
                return None
            self._ask()
        return None

    def _prepare_next(self, held: set[int]) -> None:
        """What can be done before devices are free: when they are, the first in line has them."""
        first = self.packing.first(held)
        if first is None:
            return
        if self.executor.ready_seconds:
            self.supervision.prepare(first.number, first.gpu_count)
        self.treasury.learn()

    def _wants_more(self, held: set[int]) -> bool:
        ahead = max(AHEAD_SECONDS, self.executor.ready_seconds)
        soon = self.executor.free == 0 and self.treasury.one_ends_soon(ahead)
        return self.packing.wants_more(self.executor.free, held, soon=soon)

    def _buys_nothing(self) -> bool:
        """Is too little left for anything that is in line, or that the sampler could find?"""
        return self.affordable.buys_nothing() and not self.stored.queued()

    def _end(self) -> str | None:
        """Why nothing more is asked for; None while something may be."""
        trials = self.spec.budget.trials
        begun = self.standing.counted + len(self.asked) + self.standing.begun_elsewhere
        if trials is not None and begun >= trials:
            if trials == 1:
                return "the one trial of the budget has been run"
            return f"all {trials} trials of the budget have been run"
        met = self.treasury.met()
        if met is not None:
            return f"the {met} is spent"
        if self._nothing_fits and not self._is_busy:
            rules, left = self.treasury.rules, self.treasury.left()
            return f"{left:.1f} of the {rules.limit_in_words} are left, and nothing fits into that"
        return self.least_gain.reason

    def _ask(self) -> None:
        self.replication.put_in_line()
        trial = self.stored.ask()
        was_queued = self.stored.was_queued(trial)
        self.stored.mark(trial, {records.DRIVER: self.driver.owner})  # at once: a suggestion lasts
        params = self.stored.suggest(trial, self.spec.space, self.admission.most_devices)
        seed = trial.user_attrs.get(records.SEED)
        if seed is None:
            self.least_gain.observe()
        self.stored.mark(trial, records.params_mark(params, trial.params))
        configuration = self.spec.configure(params)
        asked = AskedTrial(
            trial,
            configuration,
            baseline=trial.user_attrs.get(records.BASELINE),
            was_queued=was_queued,
            seed=seed,
            planned=self.plans.plan(configuration, seed),
        )
        self.asked[asked.number] = asked
        with self._unless_settled():
            self._decide(asked, asked_now=True)

    def _decide(self, asked: AskedTrial, *, asked_now: bool) -> None:
        """Put a trial in line for devices, keep it for later, or skip it."""
        self._postponed, self._one_has_ended = None, False
        decision = self.admission.decide(asked, may_wait=self._is_busy)
        if decision.postponed:
            self._postponed = asked
        elif decision.objection is None:
            self.packing.add(asked.number, asked.configuration.gpu_count)
        else:
            del self.asked[asked.number]
            self._refresh()
            for_budget = decision.objection.for_budget
            self._nothing_fits = for_budget and asked_now and not asked.was_queued
            self._say_skipped(asked, decision.objection.reason)

    def _say_skipped(self, asked: AskedTrial, reason: str) -> None:
        if asked.baseline is None:
            self.observer.message(f"trial {asked.number} is skipped: {reason}")
        else:
            later = "with a larger budget it runs first"
            self.observer.message(f"baseline {asked.baseline} is skipped: {reason}; {later}")

    # Running

    def _look(self, timeout: float) -> None:
        self._news.extend(self.executor.poll(timeout))
        self._looked_at = self.clock()
        while self._news:
            self._take(self._news[0])
            self._news.popleft()

    def _begin(self, due: Waiting) -> None:
        """Start a trial that has waited; unless the budget was spent meanwhile."""
        if self.executor.running and self.clock() - self._looked_at > STALE_SECONDS:
            self._look(0.0)  # asking took long: the others' bills have grown
        asked = self.asked[due.number]
        with self._unless_settled():
            if self.treasury.met(beginning=due.number) is None:
                self._start(asked, due.gpu_count)
                return
            self.stored.give_back(asked.trial)
            self.treasury.release(due.number)
            del self.asked[due.number]

    def _start(self, asked: AskedTrial, gpu_count: int) -> None:
        number, store = asked.number, self.plans.store
        directory = self.folder.of_trial(number)
        # Predicted once more, with what the store has come to have while it waited.
        prediction = self.treasury.predict(asked.configuration, asked.planned)
        self.treasury.reserve(number, prediction, asked.configuration)
        marks = {
            records.DIRECTORY: self.folder.name_of(directory),
            records.PREDICTION: pack_prediction(prediction),
        }
        self.stored.mark(asked.trial, marks)
        job = Job(
            number=number,
            trainable=self.spec.trainable,
            params=asked.configuration.params,
            directory=str(directory),
            seed=self.spec.training_seed if asked.seed is None else asked.seed,
            data=self.spec.data,
            limits=self.spec.limits,
            search_path=self.spec.search_path,
            study=self.stored.id,
            store=None if store is None else str(store.folder),
            store_limit_mib=None if store is None else store.limit_mib,
        )
        asked.assignment = self.executor.start(job, gpu_count)
        self.supervision.renew_allowances()
        asked.since = self.clock()
        self.treasury.tell_begun(asked.trial, gpu_count)
        self.observer.started(self.standing.running(asked))

    def _take(self, event: Progress | Finished) -> None:
        if isinstance(event, Progress):
            self.supervision.hear(event)
            return
        outcome = self._record(event)
        if outcome is not None:
            halt_if_incomplete(self.stored, outcome)
        halt_if_all_fail_alike(self.standing.records)

    # Telling

    def _record(self, event: Finished) -> Outcome | None:
        """Tell the storage of an ended trial; None where another driver has told it already."""
        asked = self.asked[event.assignment.number]
        for report in event.reports:
            self.stopping.observe(asked.number, report.epoch, report.metrics)
        outcome = None
        with self._unless_settled():
            self.stopping.note(asked.trial, event.outcome, asked.configuration)
            directory = Path(event.assignment.directory)
            outcome = tell_outcome(self.stored, asked.trial, event.outcome, directory)
        self.asked.pop(asked.number, None)
        self.treasury.release(asked.number)
        self._one_has_ended, self._nothing_fits = True, False  # it may have left something
        self._refresh()
        if outcome is not None:
            record = self.standing.record(asked.number)
            self.observer.finished(record, self.state())
            self.sharing.paid(record, self.standing.records)
        return outcome

    def _close(self) -> None:
        """End what runs, tell it, and give back what waits for devices."""
        # Some may have been brought back and not taken in: one before them has ended the study.
        for event in [*self._news, *self.executor.close()]:
            if isinstance(event, Progress) or event.assignment.number not in self.asked:
                continue
            asked = self.asked[event.assignment.number]
            told = self._record(event)
            if told is not None and told.status is Status.INTERRUPTED:
                self.stored.enqueue_again(asked.trial, asked.trial.params)
        for asked in list(self.asked.values()):
            with self._unless_settled():
                if asked.assignment is None:
                    self.stored.give_back(asked.trial)
                else:  # the interrupt came while the executor brought it back
                    self.recovery.settle(asked.number)
        self.treasury.close()
        self.asked.clear()
        self.packing.waiting.clear()
