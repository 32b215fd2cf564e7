"""The trials that run: their reports are judged, and the budget is held against each of them."""

from __future__ import annotations

from collections.abc import Mapping

import optuna

from paretune.execute import Executor, Place, Progress
from paretune.execute.trial_run import Report
from paretune.study.asked_trial import AskedTrial
from paretune.study.spending.treasury import Treasury
from paretune.study.standing import Standing
from paretune.study.steering.stopping import Stopping
from paretune.trial.outcome import Status


class Supervision:
    """Of one driver of a study. `asked`: its trials, by number, as the loop keeps them."""

    def __init__(
        self,
        executor: Executor,
        asked: Mapping[int, AskedTrial],
        *,
        treasury: Treasury,
        standing: Standing,
        stopping: Stopping,
    ) -> None:
        self._executor = executor
        self._asked = asked
        self._treasury = treasury
        self._standing = standing
        self._stopping = stopping

    def hear(self, news: Progress) -> None:
        """Take in what a trial has reported and paid, and where it is now."""
        asked = self._asked[news.number]
        asked.hear(news.reports)
        epoch = asked.epoch if news.reports else None
        self._treasury.observe(news.number, news.spent.gpu_seconds, epoch)
        if news.place is not asked.place:
            asked.place = news.place
            self._treasury.tell_given_back(asked.trial)
        for report in news.reports:
            self._judge(asked, report)

    def hold_budget(self) -> None:
        """At the budget running trials end, wherever they are."""
        if self._treasury.is_due():
            self._standing.refresh(self._asked)  # what other drivers have spent of it
            self._treasury.sync(self._begun())
        self.renew_allowances()
        wall = self._treasury.wall_met()
        for number, asked in self._asked.items():
            if wall is not None and asked.has_given_back:  # it has no allowance to hold it
                self._executor.kill(number, Status.OVER_BUDGET, f"the study's {wall} was spent")

    def renew_allowances(self) -> None:
        """Each trial ends where it is held once its allowance is spent, though none may look."""
        for number, allowed, reason in self._treasury.allowances(self._begun()):
            self._executor.allow(number, allowed, reason)

    def prepare(self, number: int, gpu_count: int) -> None:
        """A trial is first in line: its process warms up where devices will be free first."""
        ends = [
            (self._treasury.cost_of(other.number).left(), other.number)
            for other in self._asked.values()
            if other.devices == gpu_count
        ]
        if ends:
            self._executor.prepare(number, min(ends)[1])

    def too_many_wait(self) -> bool:
        """Do as many trials wait for a CPU core as there are devices? More would only pile up."""
        waiting = sum(asked.place is Place.LINE for asked in self._asked.values())
        return waiting >= len(self._executor.devices)

    def _begun(self) -> list[tuple[optuna.Trial, int]]:
        """The trials that have begun, and how many devices each holds now."""
        return [
            (asked.trial, asked.devices)
            for asked in self._asked.values()
            if asked.assignment is not None
        ]

    def _judge(self, asked: AskedTrial, report: Report) -> None:
        """Ask the stopper about a running trial; a user's own baseline runs to its end."""
        number, epoch = asked.number, report.epoch
        self._stopping.observe(number, epoch, report.metrics)
        if asked.runs_to_its_end:
            return
        cost, left = self._treasury.cost_of(number), self._treasury.left()
        verdict = self._stopping.judge(number, epoch, cost, left)
        if verdict is not None:
            reason = f"stopped after epoch {epoch}: it {verdict.reason}"
            self._executor.ask_to_stop(number, reason)
