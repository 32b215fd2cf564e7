"""Stop a trial whose end is unlikely to enter the front.

Notation: m objectives as losses (search.samplers.model); a trial is at epoch k of E, at the share
f = k / E of its training.

    y_k      loss if the training ended now        y_E    loss at its end
    d        log y_E - log y_k if the loss is positive and not a logarithm already (an error shrinks
             by a factor), else y_E - y_k; N(mean, variance) as of the completed trials at f
    curve    y_E ~ N(mu_c, s_c^2): y_k moved by d
    model    y_E ~ N(mu_g, s_g^2): the sampler's process at the trial's parameters
    forecast their product: precisions 1/s_c^2 + 1/s_g^2

The trial is stopped when P(forecast not dominated by the front) < `threshold`, and whatever it
promises when it is going to cost more than it may. Rank among running trials plays no part: the
early order of learning curves says little about the final one among the good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from search.samplers.acquisition import Boxes
from search.samplers.encoding import Space
from search.samplers.model import Forecast, Model, Surrogates, to_loss, with_parameters
from search.stoppers import Curve, Progress, Verdict

Floats = NDArray[np.float64]

FIRST = 0.04  # share of the training before the first judgement
GROWTH = 4 / 3  # from one judgement to the next; judging every epoch would only try its luck often
ENOUGH = 3  # completed trials from which curves are extrapolated
DEAR = 0.05  # a trial that takes more of what may still be spent is judged before that


@dataclass(frozen=True)
class _Ahead:
    """What lies between epoch k and the end, as the completed trials had it."""

    mean: float
    deviation: float
    ratio: bool


class FrontStopper:
    """The rule of this module; see `search.stoppers.make` for the arguments."""

    def __init__(
        self,
        objectives: Sequence[str],
        surrogates: Surrogates,
        curve: Callable[[FrozenTrial], tuple[Curve, Sequence[float]] | None],
        threshold: float = 0.1,
    ) -> None:
        self._objectives = tuple(objectives)
        self._surrogates = surrogates
        self._curve = curve
        self._threshold = threshold

    def should_stop(self, study: Study, progress: Progress) -> Verdict | None:
        """The verdict, at epochs 1, 2, 3, 4, 6, 8, 11, ... from FIRST of the training on."""
        if not judged(len(progress.curve), progress.epochs):
            return None
        trials = [t for t in with_parameters(study) if t.state.is_finished()]
        done = [
            (found, trial)
            for trial in trials
            if trial.state == TrialState.COMPLETE and (found := self._curve(trial)) is not None
        ]
        if not done:
            return None
        curves = [found[0] for found, _ in done]
        share = len(progress.curve) / progress.epochs
        spent = np.log(progress.costs[-1])
        ahead = _ahead([np.log(costs) for (_, costs), _ in done], share, ratio=False)
        total = np.exp(spent + ahead.mean)
        least = np.exp(spent + ahead.mean - ahead.deviation)
        if len(done) < ENOUGH and total < DEAR * progress.limit:
            return None
        space = Space(self._surrogates.distributions(trials), [t.params for t in trials])
        model = self._surrogates.model(study, space, trials)
        if model is None or len(model.front) == 0:
            return None
        forecast = self._forecast(study, model, progress, curves)
        chance = float(
            Boxes.below(model.front, np.full(len(forecast.mean), np.inf)).probability(
                np.array([forecast.mean]), np.array([forecast.deviation])
            )[0]
        )
        saved = (total - progress.costs[-1], total * ahead.deviation)
        if least > progress.limit:
            reason = f"would cost {total:.3g}, and only {progress.limit:.3g} is left"
            return Verdict(reason, forecast, saved)
        if chance < self._threshold:
            reason = f"would enter the front with a probability of {chance:.1%}"
            return Verdict(reason, forecast, saved)
        return None

    def _forecast(
        self, study: Study, model: Model, progress: Progress, curves: Sequence[Curve]
    ) -> Forecast:
        """The product of what the curve and what the model say."""
        x = model.space.features(model.space.encode(progress.params)[None])
        mean, deviation = (part[0] for part in model.predict(x))
        share = len(progress.curve) / progress.epochs
        logs = self._surrogates.reading.logarithmic or [False] * len(self._objectives)
        for j, (name, direction, log) in enumerate(
            zip(self._objectives, study.directions, logs, strict=True)
        ):
            if name not in progress.curve[-1]:
                continue
            now = to_loss(progress.curve[-1][name], direction, log=log)
            others = [
                np.array([to_loss(epoch[name], direction, log=log) for epoch in curve])
                for curve in curves
            ]
            positive = now > 0 and all((curve > 0).all() for curve in others)
            ahead = _ahead(others, share, ratio=positive and not log)
            end = now * np.exp(ahead.mean) if ahead.ratio else now + ahead.mean
            spread = max(end * ahead.deviation if ahead.ratio else ahead.deviation, 1e-9)
            # The model is no surer than its distance from what the curve shows allows.
            variance = max(
                deviation[j] ** 2 + model.objectives[j].noise, (end - mean[j]) ** 2 - spread**2
            )
            weight = variance / (variance + spread**2)
            mean[j] += weight * (end - mean[j])
            deviation[j] = np.sqrt(weight) * spread
        return Forecast(tuple(map(float, mean)), tuple(map(float, deviation)))


def judged(epoch: int, epochs: int) -> bool:
    """Is a trial of so many epochs judged after this one? Never after the last."""
    at = max(1, round(FIRST * epochs))
    while at < epoch:
        at = int(np.ceil(at * GROWTH))
    return at == epoch < epochs


def _ahead(curves: Sequence[Floats], share: float, *, ratio: bool) -> _Ahead:
    """From losses by epoch of the completed trials: the step from `share` to the end."""
    if ratio:
        curves = [np.log(curve) for curve in curves]
    now = np.array(
        [np.interp(share * len(curve), np.arange(1, len(curve) + 1), curve) for curve in curves]
    )
    end = np.array([curve[-1] for curve in curves])
    steps = end - now
    n = len(steps)
    # One imagined trial, half as uncertain as if there were no curve: few real ones prove little.
    imagined = 0.5 * (1 - share) * (end.std() if n > 1 else 0.5)
    variance = (imagined**2 + ((steps - steps.mean()) ** 2).sum()) / n * (1 + 1 / n)
    return _Ahead(float(steps.mean()), float(np.sqrt(variance)), ratio)
