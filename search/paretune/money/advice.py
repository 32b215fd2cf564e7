"""What to change to pay less for a model that is still good enough.

Beginning at a configuration that was measured, every change of one parameter is priced by the
predictor, and its effect on the figures that must hold is judged by a model of each: the same line
in log space as for costs, of 1 - accuracy for figures that are shares.

The uncertainty of a saving is that of the *ratio* of two predictions of one model, in which most
of what the model does not know cancels: w_p the share of phase p of the cost, Delta_p the change of
its log prediction, sd^2 = sum_p w_p^2 sd(Delta_p)^2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paretune.inputs.conditions import Condition
from paretune.predict.features import Features, kind_of
from paretune.predict.floor_curve import Curve, Datum
from paretune.predict.predictor import Predictor
from paretune.space.points import neighbours
from paretune.trial.prediction import Estimate, Observation, Prediction

# A figure that never left this range is a share: its distance from 1 is what varies.
_LARGEST_SHARE = 1.0
_PERFECT = 1e-3  # an accuracy of 1 leaves an error of so much: it needs a logarithm
_LEAST_OBSERVATIONS = 5
LEAST_CHANCE = 0.5  # that a change leaves every condition met, for it to be advice
LEAST_SAVING = 0.03


@dataclass(frozen=True)
class Advice:
    """One change, and what it is expected to do."""

    parameter: str
    before: Any
    after: Any
    params: Mapping[str, Any]  # the whole configuration with the change
    ratio: Estimate  # new GPU-seconds / old
    predicted: Prediction
    chance: float  # that every condition still holds

    @property
    def saving(self) -> float:
        """Share of the cost that is no longer paid; below 0 if it costs more."""
        return 1 - self.ratio.median


@dataclass(frozen=True)
class Quality:
    """How a figure depends on the configuration."""

    curve: Curve
    is_share: bool
    now: float

    @classmethod
    def learn(
        cls, features: Features, observations: Sequence[Observation], figure: str
    ) -> Quality | None:
        """None where too few trials have the figure, or it is not positive."""
        known = [o for o in observations if o.phases and figure in o.figures]
        shown = [o.figures[figure] for o in known]
        if len(known) < _LEAST_OBSERVATIONS or min(shown) < 0:
            return None
        is_share = max(shown) <= _LARGEST_SHARE
        if not is_share and min(shown) == 0:
            return None
        data = [
            Datum(features.row(o.params), 1 - v + _PERFECT if is_share else v, o.order)
            for o, v in zip(known, shown, strict=True)
        ]
        curve = Curve.fit(data, features.prior(kind_of(figure)))
        return cls(curve, is_share, max(o.order for o in known) + 1)

    def chance(self, row: np.ndarray, condition: Condition) -> float:
        """How likely the configuration with these features meets the condition."""
        bound = 1 - condition.bound + _PERFECT if self.is_share else condition.bound
        above = self.curve.ask(row, self.now).chance_above(bound)
        wants_above = condition.wants_more != self.is_share
        return above if wants_above else 1 - above


def advise(
    predictor: Predictor,
    observations: Sequence[Observation],
    params: Mapping[str, Any],
    conditions: Sequence[Condition],
    devices: int,
) -> list[Advice]:
    """Changes of one parameter that save most, the best first; those too likely to fail left out.

    `params` is the configuration to begin from, [train] settings included.
    """
    features = predictor.features
    quality = {
        c.name: Quality.learn(features, observations, c.name)
        for c in conditions
        if c.name not in ("gpu_seconds", *predictor.figures)
    }
    found = []
    for name, changed in neighbours(features.space, params, devices):
        predicted = predictor.predict(changed)
        ratio = saving_ratio(predictor, params, changed)
        if ratio is None or ratio.median > 1 - LEAST_SAVING:
            continue
        chance = predictor.chance_of_fitting(predicted)
        for condition in conditions:
            model, figure = quality.get(condition.name), predicted.figures.get(condition.name)
            if figure is not None:
                above = figure.chance_above(condition.bound)
                chance *= above if condition.wants_more else 1 - above
            elif model is not None:
                chance *= model.chance(features.row(changed), condition)
            else:  # a parameter can be compared; of anything else nothing is known
                value = changed.get(condition.name)
                if not isinstance(value, int | float) or not condition.met(value):
                    chance = 0.0
        if chance >= LEAST_CHANCE:
            found.append(
                Advice(name, params[name], changed[name], changed, ratio, predicted, chance)
            )
    best: dict[str, Advice] = {}
    for advice in sorted(found, key=lambda a: a.ratio.median):
        best.setdefault(advice.parameter, advice)
    return list(best.values())


def saving_ratio(
    predictor: Predictor, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Estimate | None:
    """GPU-seconds of one configuration over those of another; None while nothing is learnt."""
    old, new = predictor.by_phase(before), predictor.by_phase(after)
    if not old or not new:
        return None
    rows = [predictor.features.row(params) for params in (before, after)]
    paid = sum(part.mean for part in old.values())
    variance = 0.0
    for name in old.keys() | new.keys():
        weight = (old[name].mean if name in old else new[name].mean) / paid
        if name in old and name in new:
            deviation = predictor.phases[name].line.difference(*rows)
        else:
            deviation = (old.get(name) or new[name]).log_deviation
        variance += (weight * deviation) ** 2
    medians = [sum(part.median for part in parts.values()) for parts in (new, old)]
    return Estimate(math.log(medians[0] / medians[1]), math.sqrt(variance))
