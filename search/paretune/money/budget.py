"""A study's budget as rules: what it may spend, and what has become of that.

Every trial that runs or waits reserves what it is predicted to pay yet (the upper end of the
interval), so that concurrent trials cannot break the budget together.
"""

from __future__ import annotations

from dataclasses import dataclass

from paretune.errors import StudyError
from paretune.spec.study_spec import Budget, StudySpec
from paretune.trial.outcome import DOLLARS
from paretune.trial.prediction import Prediction


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
class Objection:
    """Why a configuration is not started."""

    reason: str
    for_budget: bool  # it would fit a larger budget; else the configuration itself is at fault


@dataclass(frozen=True)
class Committed:
    """GPU-seconds of the whole study."""

    spent: float  # paid, by trials that run now as well
    reserved: float = 0.0  # not paid yet, but promised to trials that run or wait


@dataclass(frozen=True)
class BudgetRules:
    """What [budget] means where a device-second has this price in dollars (None: no price)."""

    budget: Budget
    price: float | None = None

    @property
    def limit(self) -> float | None:
        """GPU-seconds that the study may spend, by [budget] gpu_seconds and dollars."""
        limits = [] if self.budget.gpu_seconds is None else [self.budget.gpu_seconds]
        if self.budget.dollars is not None and self.price:
            limits.append(self.budget.dollars / self.price)
        return min(limits, default=None)

    @property
    def limit_in_words(self) -> str:
        """The limit as the user gave it."""
        dollars, limit = self.budget.dollars, self.limit
        if dollars is not None and limit is not None and limit != self.budget.gpu_seconds:
            return f"budget of {dollars:g} dollars ({limit:.4g} GPU-seconds)"
        return f"budget of {self.budget.gpu_seconds:g} GPU-seconds"

    @property
    def wall_in_words(self) -> str:
        """The limit of wall seconds as the user gave it."""
        return f"budget of {self.budget.wall_seconds:g} wall-seconds"

    def met(self, committed: Committed, wall_seconds: float, margin: float = 0.0) -> str | None:
        """Which limit is met within `margin` GPU-seconds, in words; None while none is."""
        limit = self.limit
        if limit is not None and committed.spent + margin >= limit:
            return self.limit_in_words
        wall = self.budget.wall_seconds
        return self.wall_in_words if wall is not None and wall_seconds >= wall else None

    def objection(self, prediction: Prediction, committed: Committed) -> Objection | None:
        """Against starting what is predicted to cost more than is free.

        A guess holds nothing up: the limit is held all the same, while the trial runs.
        """
        price = prediction.spent
        if self.limit is None or price is None or prediction.is_guess:
            return None
        free = self.limit - committed.spent - committed.reserved
        if price.high <= free:
            return None
        return Objection(
            f"predicted to take {price.median:.3g} GPU-seconds ({price.low:.3g} to "
            f"{price.high:.3g}), and {max(free, 0.0):.3g} of the {self.limit_in_words} are free",
            for_budget=True,
        )
