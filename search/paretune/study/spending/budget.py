"""The budget, held: what has been spent, what is reserved, what may still be started.

Every running or waiting trial reserves what it is predicted to pay yet (the upper end of the
interval), so that concurrent trials cannot break the budget together; what would break it is not
started, and what meets it running is stopped. Drivers of one study see each other's trials through
the storage: the bill so far of each is renewed there every SYNC_SECONDS, near the limit more
often, and in between it is taken to have gone on growing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from paretune.errors import StudyError
from paretune.predict.predictor import MEMORY, Predictor
from paretune.spec.study_spec import Budget, StudySpec
from paretune.study.storage import records
from paretune.study.storage.packed import unpack_prediction
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.outcome import DOLLARS
from paretune.trial.prediction import Prediction

SYNC_SECONDS = 1.0
LONGEST_SILENCE = 5.0  # of a driver: what it has not told of by then is not counted on
END_SECONDS = 0.1  # that a trial is killed before its allowance is spent: dying takes a moment
REFUSALS = 8  # configurations in a row that do not fit the budget: what is left buys nothing
EXPLORED = 0.05  # share of hopeless configurations that run all the same, so that the model learns
STUBBORN = 25  # hopeless configurations in a row: perhaps the model is wrong
_SURE = 0.8  # how sure an excess over the cap must be
_FITS = 0.35  # below this chance it does not fit the memory; at even odds it is worth a look


def check_prices(spec: StudySpec, kind: str) -> None:
    """Money can only be counted where this machine's devices have a price. Raises StudyError."""
    named = {*spec.objectives.names, *(c.name for c in spec.objectives.constraints)}
    if DOLLARS not in named and spec.budget.dollars is None:
        return
    if spec.prices.per_second(kind) is None:
        there = ", ".join(spec.prices.per_hour) or "none"
        raise StudyError(
            f'study {spec.name!r} counts dollars, but [prices] has none for "{kind}" '
            f"(there are: {there}); add it in {spec.place or 'the study file'}, per device-hour"
        )


@dataclass(frozen=True)
class Refusal:
    """Why a configuration is not started."""

    reason: str
    for_budget: bool  # it would fit a larger budget; else the configuration itself is at fault


@dataclass(frozen=True)
class Committed:
    """GPU-seconds of the whole study."""

    spent: float  # paid, by trials that run now as well
    reserved: float = 0.0  # not paid yet, but promised to trials that run or wait


@dataclass(frozen=True)
class Elsewhere:
    """A running trial of another driver, as that one last told of it."""

    paid: float  # GPU-seconds
    at: float  # when that was, POSIX seconds
    devices: int
    promised: float  # GPU-seconds in all, predicted

    def committed(self, now: float) -> Committed:
        """Paid and reserved by now, had it gone on at its devices' full rate."""
        since = min(max(now - self.at, 0.0), LONGEST_SILENCE)
        paid = self.paid + self.devices * since
        return Committed(paid, max(self.promised - paid, 0.0))


def trials_elsewhere(stored: StoredStudy, own: Iterable[int]) -> list[Elsewhere]:
    """The running trials that other drivers have begun."""
    mine, found = set(own), []
    for trial in stored.running():
        bill = trial.user_attrs.get(records.BILL)
        if trial.number in mine or bill is None:
            continue
        told, promised = trial.user_attrs.get(records.PREDICTION), 0.0
        if told is not None:
            prediction = unpack_prediction(told)
            whole = prediction.figures.get("spent_gpu_seconds")
            if whole is not None and prediction.basis != "guessed":
                promised = whole.high
        found.append(Elsewhere(bill["gpu_seconds"], bill["at"], bill["devices"], promised))
    return found


def sync_seconds(left: float, devices: int) -> float:
    """How long the storage need not be looked at where `left` GPU-seconds are to be had by so many
    devices of several drivers: a trial that another begins must show before it can break the limit.
    """
    return min(SYNC_SECONDS, left / (2 * devices))


class Purse:
    """Judges by a study's budget and limits. Keeps count of what it has refused."""

    def __init__(self, spec: StudySpec, kind: str, seed: int | None = None) -> None:
        self.budget: Budget = spec.budget
        self.limits = spec.limits
        self.refused = 0  # in a row, for the budget
        self.hopeless = 0  # in a row, for their own sake
        self._chance = random.Random(seed)  # noqa: S311  # of exploring, not of keeping secrets
        self.price = spec.prices.per_second(kind)

    @property
    def limit(self) -> float | None:
        """GPU-seconds that the study may spend, by [budget] gpu_seconds and dollars."""
        limits = [] if self.budget.gpu_seconds is None else [self.budget.gpu_seconds]
        if self.budget.dollars is not None and self.price:
            limits.append(self.budget.dollars / self.price)
        return min(limits, default=None)

    @property
    def in_words(self) -> str:
        """The limit as the user gave it."""
        dollars, limit = self.budget.dollars, self.limit
        if dollars is not None and limit is not None and limit != self.budget.gpu_seconds:
            return f"budget of {dollars:g} dollars ({limit:.4g} GPU-seconds)"
        return f"budget of {self.budget.gpu_seconds:g} GPU-seconds"

    def spent_up(
        self, committed: Committed, wall_seconds: float, margin: float = 0.0
    ) -> str | None:
        """Why running trials must end now: the budget is met within `margin` GPU-seconds."""
        limit = self.limit
        if limit is not None and committed.spent + margin >= limit:
            return self.gpu_reason
        wall = self.budget.wall_seconds
        if wall is not None and wall_seconds >= wall:
            return self.wall_reason
        return None

    @property
    def gpu_reason(self) -> str:
        """Why a trial ends where the GPU-seconds do."""
        return f"the study's {self.in_words} was spent"

    @property
    def wall_reason(self) -> str:
        """Why a trial ends where the time does."""
        return f"the study's budget of {self.budget.wall_seconds:g} wall-seconds was spent"

    def reached(
        self, begun: int, committed: Committed, wall_seconds: float, margin: float = 0.0
    ) -> str | None:
        """Why nothing more is begun; None while something may be. `begun` trials count."""
        if self.budget.trials is not None and begun >= self.budget.trials:
            if self.budget.trials == 1:
                return "the one trial of the budget has been run"
            return f"all {self.budget.trials} trials of the budget have been run"
        up = self.spent_up(committed, wall_seconds, margin)
        if up is not None:
            return up.replace("the study's", "the").replace(" was spent", " is spent")
        if self.limit is not None and self.refused >= REFUSALS:
            left = max(self.limit - committed.spent, 0.0)
            return (
                f"{left:.1f} of the {self.in_words} are left, and none of "
                f"{self.refused} more configurations is predicted to fit into that"
            )
        return None

    def judge(
        self,
        prediction: Prediction,
        predictor: Predictor,
        committed: Committed,
        *,
        wished: bool,
        doubts: Callable[[], Refusal | None] = lambda: None,
    ) -> Refusal | None:
        """May the configuration be started? `wished`: a user's own, which only the budget stops.

        `doubts` is asked last: what somebody else has against the configuration itself.
        """
        refusal = self._for_budget(prediction, committed)
        if refusal is not None:
            self.refused += 1
            return refusal
        refusal = None if wished else self._for_itself(prediction, predictor) or doubts()
        explored = self.hopeless >= STUBBORN or self._chance.random() < EXPLORED
        if refusal is not None and not explored:
            self.hopeless += 1
            return refusal
        self.refused = self.hopeless = 0
        return None

    def _for_budget(self, prediction: Prediction, committed: Committed) -> Refusal | None:
        price = prediction.figures.get("spent_gpu_seconds")
        if self.limit is None or price is None or prediction.basis == "guessed":
            return None
        left = self.limit - committed.spent - committed.reserved
        if price.high <= left:
            return None
        return Refusal(
            f"predicted to take {price.median:.3g} GPU-seconds ({price.low:.3g} to "
            f"{price.high:.3g}), and {max(left, 0.0):.3g} of the {self.in_words} are free",
            for_budget=True,
        )

    def _for_itself(self, prediction: Prediction, predictor: Predictor) -> Refusal | None:
        if predictor.chance_of_fitting(prediction) < _FITS:
            need = prediction.figures[MEMORY]
            return Refusal(
                f"predicted to need {need.median:.4g} MiB ({need.low:.4g} to {need.high:.4g}), "
                f"and {predictor.capacity_mib:.4g} are there",
                for_budget=False,
            )
        cap, price = self.limits.gpu_seconds, prediction.figures.get("spent_gpu_seconds")
        if cap is None or price is None or prediction.basis != "learned":
            return None
        if price.chance_above(cap) > _SURE:
            return Refusal(
                f"predicted to take {price.median:.3g} GPU-seconds ({price.low:.3g} to "
                f"{price.high:.3g}), over limits.gpu_seconds = {cap:g}",
                for_budget=False,
            )
        return None
