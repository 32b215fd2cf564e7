"""The budget of a running study, held: what is predicted, promised, paid and left.

It puts together the rules (paretune.money.budget), the predictor, what this driver's own trials and
those of other drivers have paid, and this driver's signs of life. Drivers of one study see each
other's trials through the storage: the bill so far of each is renewed there every SYNC_SECONDS,
near the limit more often.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any

import optuna

from paretune.money.account import Account
from paretune.money.budget import BudgetRules, Committed, Objection
from paretune.money.learned_costs import LearnedCosts
from paretune.predict.predictor import Predictor
from paretune.predict.running_cost import RunningCost
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.study.drivers.driver import boot_id
from paretune.study.drivers.sessions import DriverSession, Heartbeat
from paretune.study.spending.stored_costs import trials_elsewhere
from paretune.study.storage.stored_study import StoredStudy, TrialSettled
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import ToldBill
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Prediction
from paretune.trial.record import TrialRecord

SYNC_SECONDS = 1.0
END_SECONDS = 0.1  # that a trial is killed before its allowance is spent: dying takes a moment
LEAST_SECONDS = 2 * END_SECONDS  # for every running trial and one more, or none is begun
# An allowance that has risen by less is told with the next sign of life: GPU-seconds, and the share
# of what is left.
RISE_SECONDS, RISE_SHARE = 0.02, 0.02
_NOTHING = 1e-9


def sync_seconds(left: float, devices: int) -> float:
    """How long the storage need not be looked at where `left` GPU-seconds are to be had by so many
    devices of several drivers: a trial that another begins must show before it can break the limit.
    """
    return min(SYNC_SECONDS, left / (2 * devices))


class Treasury:
    """Of one driver of a study."""

    def __init__(
        self, stored: StoredStudy, spec: StudySpec, costs: LearnedCosts, session: DriverSession
    ) -> None:
        self.stored = stored
        self.budget = spec.budget
        self.rules = BudgetRules(spec.budget, spec.prices.per_second(costs.devices[0].kind))
        self._costs = costs
        self._account = Account()
        self._bills: dict[int, tuple[Any, float]] = {}  # of trials elsewhere, as last seen
        self._session = session
        self._allowed: dict[int, float] = {}  # by trial: its whole bill may come to so much
        self._told: dict[int, float] = {}  # the same, as other drivers know it: never less
        self._synced = 0.0
        self._ended = 0  # trials that have paid anything, whoever ran them

    # What trials cost

    @property
    def predictor(self) -> Predictor:
        """What all ended trials have taught."""
        return self._costs.predictor

    def learn(self) -> None:
        """Learn from the trials that have ended now, so that the next prediction is quick."""
        _ = self._costs.predictor

    def predict(
        self, configuration: Configuration, planned: Sequence[PlannedStage] = ()
    ) -> Prediction:
        """What a configuration will come to, with what the store has now."""
        return self._costs.predict(configuration, planned)

    def price(
        self, configuration: Configuration, planned: Sequence[PlannedStage] = ()
    ) -> float | None:
        """GPU-seconds that a configuration is expected to pay; None while that is only guessed."""
        return self._costs.price(configuration, planned)

    def objection(self, prediction: Prediction) -> Objection | None:
        """What the budget has against starting a trial now."""
        return self.rules.objection(prediction, self.committed)

    # The trials of this driver

    def reserve(self, number: int, prediction: Prediction, configuration: Configuration) -> None:
        """A trial is to begin, or has: what it is predicted to pay yet is not free."""
        self._account.reserve(number, prediction, configuration)

    def observe(self, number: int, gpu_seconds: float, epoch: int | None) -> None:
        """A running trial's bill, and the epoch if it has just reported one."""
        self._account.begun[number].observe(gpu_seconds, epoch)

    def tell_given_back(self, trial: optuna.Trial) -> None:
        """A running trial holds no device any more: nothing is added to its bill."""
        cost = self.cost_of(trial.number)
        if not cost.is_paid:
            cost.is_paid = True
            self.tell_bill(trial, 0)

    def release(self, number: int) -> None:
        """A trial has ended, or does not begin; its bill comes with `update`."""
        self._account.begun.pop(number, None)
        self._allowed.pop(number, None)
        self._told.pop(number, None)

    def cost_of(self, number: int) -> RunningCost:
        """What a trial that has begun has paid, and will have."""
        return self._account.begun[number]

    def one_ends_soon(self, gpu_seconds: float) -> bool:
        """Is some trial predicted to end within so many?"""
        return self._account.one_ends_within(gpu_seconds)

    # The study's budget

    def update(self, found: Sequence[TrialRecord], running_elsewhere: int) -> None:
        """What the storage has now; so many trials run elsewhere."""
        self._costs.update(found)
        paid = [record.spent_gpu_seconds for record in found]
        self._account.ended, self._ended = sum(paid), sum(seconds > 0 for seconds in paid)
        own = self._account.begun
        self._account.elsewhere = (
            trials_elsewhere(self.stored, own, self._bills, self._session.is_dead)
            if running_elsewhere
            else ()
        )

    @property
    def committed(self) -> Committed:
        """GPU-seconds of the whole study, those of other drivers' running trials included."""
        return self._account.committed

    @property
    def limit(self) -> float | None:
        """GPU-seconds that the study may spend; None is no limit."""
        return self.rules.limit

    def left(self) -> float:
        """GPU-seconds of the budget that are not spent; infinite without one."""
        return math.inf if self.limit is None else max(self.limit - self.committed.spent, 0.0)

    def free(self) -> float:
        """Of these, what no running or waiting trial is expected to take; above 0."""
        return max(self.left() - self.committed.reserved, _NOTHING)

    def mean_paid(self) -> float:
        """GPU-seconds that an ended trial has paid on average; 0 while none has."""
        return self._account.ended / self._ended if self._ended else 0.0

    def wall_seconds(self) -> float:
        """In which some driver was at work on the study."""
        return self._session.wall_seconds()

    def met(self, *, beginning: int | None = None) -> str | None:
        """Which limit is met, in words; then nothing more is begun. None while none is.

        `beginning`: a trial that has been reserved for, and is about to begin; else one is to be
        asked for. Both must come to one answer, or it would be asked for again and again.
        """
        # Trials end before the limit, each device by END_SECONDS: that much is no rest to be used.
        others = [number for number in self._account.holding if number != beginning]
        running = len(others) + self._account.devices_elsewhere
        margin = LEAST_SECONDS * (running + 1)
        return self.rules.met(self.committed, self.wall_seconds(), margin=margin)

    def wall_met(self) -> str | None:
        """The limit of wall seconds in words, once it is met; else None."""
        limit = self.budget.wall_seconds
        return None if limit is None or self.wall_seconds() < limit else self.rules.wall_in_words

    def allowances(self, own: Iterable[tuple[optuna.Trial, int]]) -> list[tuple[int, float, str]]:
        """Per running trial: its number, what its whole bill may come to, and why it ends there.

        `own`: this driver's trials, and how many devices each holds. All of them, and those of
        other drivers, may go on at the full rate to the moment at which the budget is spent: so it
        holds although nobody looks again. [] where the budget sets no limit.
        """
        held = [(trial, devices) for trial, devices in own if devices]
        at_work = sum(devices for _, devices in held) + self._account.devices_elsewhere
        ends = []
        if self.budget.wall_seconds is not None:
            ends.append((self.budget.wall_seconds - self.wall_seconds(), self.rules.wall_in_words))
        if self.limit is not None and at_work > 0:
            ends.append((self.left() / at_work - END_SECONDS, self.rules.limit_in_words))
        if not ends:
            return []
        seconds, limit = min(ends)
        reason = f"the study's {limit} was spent"
        found = []
        for trial, devices in held:
            bill = self.cost_of(trial.number).spent + devices * max(seconds, 0.0)
            found.append((trial.number, self._allow(trial, devices, bill), reason))
        return found

    def _allow(self, trial: optuna.Trial, devices: int, bill: float) -> float:
        """What a trial's bill may come to: never more than other drivers have been told.

        They count on it: were this driver stopped, the trial would spend so much and no more. A
        small rise waits for the next sign of life, and costs no writing.
        """
        told = self._told.get(trial.number)
        if told is None or bill > told + max(RISE_SECONDS, RISE_SHARE * self.left()):
            self._allowed[trial.number] = bill
            self.tell_bill(trial, devices)
        else:
            self._allowed[trial.number] = min(bill, told)
        return self._allowed[trial.number]

    # Other drivers

    def is_due(self) -> bool:
        """Is it time to look at the storage again? Only a budget is worth the trouble."""
        limited = self.limit is not None or self.budget.wall_seconds is not None
        wait = SYNC_SECONDS
        if not self._session.is_alone:
            wait = sync_seconds(self.left(), self._session.devices_at_work)
        return limited and time.monotonic() - self._synced >= wait

    def sync(self, own: Iterable[tuple[optuna.Trial, int]]) -> None:
        """A sign of life; and where others work as well, the bills of this driver's own trials.

        `own`: running trials, and how many devices each holds.
        """
        self._synced = time.monotonic()
        self._session.save()
        if self._session.is_alone:
            return
        for trial, devices in own:
            self.tell_bill(trial, devices)

    def tell_begun(self, trial: optuna.Trial, devices: int) -> None:
        """A trial has begun: others see its bill from now on, if they do not yet."""
        if trial.number not in self._told:
            self.tell_bill(trial, devices)

    def tell_bill(self, trial: optuna.Trial, devices: int) -> None:
        """What a running trial has paid, and may pay, for other drivers to see."""
        paid, allowed = self.cost_of(trial.number).spent, self._allowed.get(trial.number)
        if allowed is not None:
            allowed = self._told[trial.number] = round(allowed, 3)
        now = time.monotonic()
        bill = ToldBill(round(paid, 6), boot_id()[:8], round(now, 3), devices, allowed)
        with contextlib.suppress(TrialSettled):  # by a driver that took this one for dead
            self.stored.mark(trial, {records.BILL: list(bill)})

    def heartbeat(self) -> Heartbeat:
        """Gives signs of life, from a thread, for as long as it is entered."""
        return Heartbeat(self._session)

    def close(self) -> None:
        """This driver takes its leave: nobody need wait for its next sign of life."""
        self._session.close()
