"""The loop's dealings with money: predicts each trial, lets it begin or not, and holds the budget.

It puts together the predictor (costs), the rules (budget), the other drivers (sessions) and what
this driver's own trials have paid and promised.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import optuna

from paretune.execute import Executor
from paretune.predict.running_cost import RunningCost
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.sessions import DriverSession
from paretune.study.spending.budget import (
    END_SECONDS,
    REFUSALS,
    SYNC_SECONDS,
    Committed,
    Elsewhere,
    Purse,
    Refusal,
    sync_seconds,
    trials_elsewhere,
)
from paretune.study.spending.earlier_trials import earlier_observations
from paretune.study.spending.study_costs import StudyCosts
from paretune.study.storage import records
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Prediction
from paretune.trial.record import TrialRecord


class Treasury:
    """Of one driver of a study."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        executor: Executor,
        store: StageStore | None,
        driver: Driver,
        start_seconds: float = 0.0,
    ) -> None:
        self.stored = stored
        self.spec = spec
        devices = executor.devices
        kind = devices[0].kind
        code = stored.attributes().get(records.CODE)
        earlier = stored.retry(lambda: earlier_observations(stored.storage, spec, kind, code))
        self.costs = StudyCosts(spec, devices, store, earlier, executor.count)
        self.purse = Purse(spec, kind, spec.sampler.seed)
        self.session = DriverSession(stored, driver, len(devices), start_seconds)
        self.session.save()
        self.running: dict[int, RunningCost] = {}  # by trial: begun and not yet ended
        self._ended = 0.0  # GPU-seconds of ended trials, whoever ran them
        self._elsewhere: Sequence[Elsewhere] = ()
        self._synced = 0.0

    def update(self, found: Sequence[TrialRecord], ended: float, elsewhere: int) -> None:
        """What the storage has now: `ended` GPU-seconds are paid, `elsewhere` trials run."""
        self.costs.update(found)
        self._ended = ended
        self._elsewhere = trials_elsewhere(self.stored, self.running) if elsewhere else ()

    def consider(
        self,
        number: int,
        configuration: Configuration,
        planned: Sequence[PlannedStage],
        *,
        wished: bool,
        doubts: Callable[[Prediction], Refusal | None] = lambda prediction: None,
    ) -> Refusal | None:
        """Reserve for a trial that is to begin, or say why it may not."""
        prediction = self.costs.predict(configuration, planned)
        refusal = self.purse.judge(
            prediction,
            self.costs.predictor,
            self.committed,
            wished=wished,
            doubts=lambda: doubts(prediction),
        )
        if refusal is None:
            self.running[number] = RunningCost(prediction, configuration.params)
        return refusal

    def started(
        self, number: int, configuration: Configuration, planned: Sequence[PlannedStage]
    ) -> Prediction:
        """Predict once more, with what the store has come to have while the trial waited."""
        prediction = self.costs.predict(configuration, planned)
        self.running[number] = RunningCost(prediction, configuration.params)
        return prediction

    def observe(self, number: int, gpu_seconds: float, epoch: int | None) -> None:
        """A running trial's bill, and the epoch if it has just reported one."""
        self.running[number].observe(gpu_seconds, epoch)

    def ended(self, number: int) -> None:
        """Its reservation is void; its bill comes with `update`."""
        self.running.pop(number, None)
        self.purse.refused = 0  # what was reserved and not spent may buy something now

    def give_up(self) -> None:
        """What is next in line does not fit, and nothing may pass it."""
        self.purse.refused = max(self.purse.refused, REFUSALS)

    def price(
        self, configuration: Configuration, planned: Sequence[PlannedStage] = ()
    ) -> float | None:
        """GPU-seconds that a configuration is expected to pay; None while that is only guessed."""
        prediction = self.costs.predict(configuration, planned)
        found = prediction.figures.get(records.SPENT)
        return None if found is None or prediction.basis == "guessed" else found.mean

    def left(self) -> float:
        """GPU-seconds of the budget that are not spent; infinite without one."""
        limit = self.purse.limit
        return math.inf if limit is None else max(limit - self.committed.spent, 0.0)

    def free(self) -> float:
        """Of these, what no running or waiting trial is expected to take."""
        return max(self.left() - self.committed.reserved, 1e-9)

    def one_ends_soon(self, seconds: float) -> bool:
        """Is some running trial predicted to end within so many GPU-seconds?"""
        wholes = [(cost, cost.total()) for cost in self.running.values()]
        return any(
            whole is not None and whole.median - cost.spent < seconds
            for cost, whole in wholes
            if cost.predicted.basis != "guessed"
        )

    @property
    def committed(self) -> Committed:
        """GPU-seconds of the whole study, those of other drivers' running trials included."""
        own = self.running.values()
        # A wild guess reserves nothing: it would only keep devices idle. The limit holds anyway.
        promised = sum(cost.remaining() for cost in own if cost.predicted.basis != "guessed")
        paid = self._ended + sum(cost.spent for cost in own)
        others = [trial.committed(time.time()) for trial in self._elsewhere]
        return Committed(
            paid + sum(other.spent for other in others),
            promised + sum(other.reserved for other in others),
        )

    @property
    def devices_elsewhere(self) -> int:
        """That other drivers' running trials hold."""
        return sum(trial.devices for trial in self._elsewhere)

    def reached(self, begun: int) -> str | None:
        """Why nothing more is begun; None while something may be."""
        wall = self.session.wall_seconds()
        return self.purse.reached(begun, self.committed, wall, margin=END_SECONDS)

    def spent_up(self) -> str | None:
        """Why running trials must end now, and none may begin; None while they may."""
        wall = self.session.wall_seconds()
        return self.purse.spent_up(self.committed, wall, margin=END_SECONDS)

    def allowances(self, devices: Mapping[int, int]) -> list[tuple[int, float, str]]:
        """Per running trial: its number, what its whole bill may come to, and why it ends there.

        `devices`: how many each of this driver's trials holds. All of them, and those of other
        drivers, may go on at the full rate to the moment at which the budget is spent: so it holds
        although nobody looks again. [] where the budget sets no limit.
        """
        at_work = sum(devices.values()) + self.devices_elsewhere
        wall, now = self.spec.budget.wall_seconds, self.session.wall_seconds()
        ends = []
        if wall is not None:
            ends.append((wall - now, self.purse.wall_reason))
        if self.purse.limit is not None and at_work > 0:
            ends.append((self.left() / at_work - END_SECONDS, self.purse.gpu_reason))
        if not ends:
            return []
        seconds, reason = min(ends)
        return [
            (number, self.running[number].spent + count * max(seconds, 0.0), reason)
            for number, count in devices.items()
        ]

    def is_due(self) -> bool:
        """Is it time to look at the storage again? Only a budget is worth the trouble."""
        limited = self.purse.limit is not None or self.spec.budget.wall_seconds is not None
        wait = SYNC_SECONDS
        if not self.session.is_alone:
            wait = sync_seconds(self.left(), self.session.devices + self.devices_elsewhere)
        return limited and time.monotonic() - self._synced >= wait

    def sync(self, own: Iterable[tuple[optuna.Trial, int]]) -> None:
        """A sign of life; and where others work as well, the bills of this driver's own trials.

        `own`: running trials, and how many devices each holds.
        """
        self._synced = time.monotonic()
        self.session.save()
        if self.session.is_alone:
            return
        for trial, devices in own:
            self.tell_bill(trial, devices)

    def tell_bill(self, trial: optuna.Trial, devices: int) -> None:
        """What a running trial has paid, for other drivers to see."""
        paid = self.running[trial.number].spent
        bill = {"gpu_seconds": paid, "at": time.time(), "devices": devices}
        self.stored.mark(trial, {records.BILL: bill})
