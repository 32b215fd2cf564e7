"""A prediction is a service: where it fails, the study goes on without it."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from paretune.predict.features import Features
from paretune.predict.predictor import FIGURES, Ahead, Counts, Predictor
from paretune.space.search_space import Space
from paretune.trial.prediction import Estimate, Observation, Prediction

log = logging.getLogger(__name__)

_LARGEST = 700.0  # of a logarithm: e to the power of more is no number


class PredictionGuard:
    """Learns and predicts like a `Predictor`; what fails is logged once, and a guess stands in."""

    def __init__(self) -> None:
        self._said = False

    def learn(
        self,
        space: Space,
        devices: int,
        own: Sequence[Observation],
        earlier: Sequence[Observation] = (),
        *,
        before: Predictor | None = None,
        capacity_mib: float | None = None,
    ) -> Predictor:
        """From a study's `own` trials and `earlier` ones; else from its own; else from none."""
        for known in ([*earlier, *own], own) if earlier else (own,):
            try:
                return Predictor.learn(
                    space, devices, known, before=before, capacity_mib=capacity_mib
                )
            except Exception as error:  # whatever it is, trials are worth more than predictions
                self._say(error)
        return _ignorant()

    def predict(
        self,
        predictor: Predictor,
        params: Mapping[str, Any],
        ahead: Ahead | None = None,
        counts: Counts | None = None,
        figures: Collection[str] = FIGURES,
    ) -> Prediction:
        """What the predictor says, without figures that are no numbers; else a wide guess."""
        try:
            prediction = predictor.predict(params, ahead, counts, figures)
        except Exception as error:
            self._say(error)
            return _ignorant().predict(params)
        if all(_is_number(e) for e in (*prediction.figures.values(), *prediction.parts.values())):
            return prediction
        self._say(ArithmeticError("a figure beyond all numbers"))
        return _ignorant().predict(params)

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            log.warning(
                "costs cannot be predicted (%s: %s); the study goes on without", _name(error), error
            )


def _ignorant() -> Predictor:
    """Knows nothing, not even the space."""
    return Predictor(Features(Space(()), 1))


def _is_number(estimate: Estimate) -> bool:
    mean, deviation = estimate.log_mean, estimate.log_deviation
    # The mean, and both ends of every interval that is shown.
    return math.isfinite(mean + deviation) and abs(mean) + deviation**2 / 2 + 2 * deviation < (
        _LARGEST
    )


def _name(error: Exception) -> str:
    return type(error).__name__
