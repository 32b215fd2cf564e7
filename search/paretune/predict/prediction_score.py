"""How good predictions were: each was stored before its trial ran, and is held against the bill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paretune.trial.outcome import Status
from paretune.trial.prediction import Basis, Estimate
from paretune.trial.record import TrialRecord

SPENT = "spent_gpu_seconds"


@dataclass(frozen=True)
class PredictionRow:
    """One figure of one completed trial."""

    number: int
    figure: str
    basis: Basis
    expected: Estimate
    measured: float

    @property
    def is_scored(self) -> bool:
        """A guess before any trial has ended says nothing of the models."""
        return self.basis is Basis.LEARNED

    @property
    def error(self) -> float:
        """|predicted / measured - 1|."""
        return abs(self.expected.median / self.measured - 1)

    @property
    def inside(self) -> bool:
        """Does the measured value lie in the interval?"""
        return self.expected.low <= self.measured <= self.expected.high


@dataclass(frozen=True)
class PredictionScore:
    """Of the learned predictions of one figure."""

    trials: int
    mean_error: float  # mean absolute percentage error, as a fraction
    coverage: float  # share of trials inside their 80 % interval


def rows(trials: Iterable[TrialRecord]) -> list[PredictionRow]:
    """Every figure that was predicted and then measured, trial by trial."""
    found = []
    for trial in trials:
        if trial.status is not Status.COMPLETED or trial.prediction is None:
            continue
        measured = {**trial.metrics, SPENT: trial.spent.gpu_seconds}
        for figure, expected in trial.prediction.figures.items():
            value = measured.get(figure, 0.0)
            if value > 0:
                found.append(
                    PredictionRow(trial.number, figure, trial.prediction.basis, expected, value)
                )
    return found


def scores(found: Sequence[PredictionRow]) -> dict[str, PredictionScore]:
    """By figure; guesses made before any trial had ended do not count."""
    judged: dict[str, list[PredictionRow]] = {}
    for row in found:
        if row.is_scored:
            judged.setdefault(row.figure, []).append(row)
    return {
        figure: PredictionScore(
            trials=len(same),
            mean_error=sum(row.error for row in same) / len(same),
            coverage=sum(row.inside for row in same) / len(same),
        )
        for figure, same in judged.items()
    }
