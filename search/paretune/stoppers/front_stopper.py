"""Stop a trial whose end is unlikely to enter the front.

Notation: m objectives as losses (paretune.samplers.surrogate); a trial is at epoch k of E, at the
share f = k / E of its training.

    y_k      loss if the training ended now        y_E    loss at its end
    curve    y_E ~ N(mu_c, s_c^2): extrapolated as the completed trials went on (`extrapolate`)
    model    y_E ~ N(mu_g, s_g^2): the sampler's process at the trial's parameters
    end      their product: precisions 1/s_c^2 + 1/s_g^2

The trial is stopped when P(end keeps the bounds and is not dominated by the front) < `threshold`,
which is small because a trial is judged a dozen times; and whatever it promises when it is going
to cost more than it may. Before it begins there is no curve: what is known then (its size) and the
model, unsure of itself, must suffice. What is told of a stopped trial is the curve's forecast
alone: the sampler would otherwise take its own opinion for evidence. Rank among running trials
plays no part: the early order of learning curves says little about the final one among the good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import TrialState

from paretune.pareto.losses import to_loss
from paretune.samplers.acquisition import Boxes
from paretune.samplers.reading import ExpectedLosses
from paretune.samplers.surrogate import Model, with_parameters
from paretune.stoppers.stopper import Curve, StudyView, TrialProgress, Verdict

Floats = NDArray[np.float64]

FIRST = 0.04  # share of the training before the first judgement
GROWTH = 4 / 3  # from one judgement to the next; judging every epoch would only try its luck often
LEAST_COMPLETE = 3  # completed trials from which curves are extrapolated
PRIOR_PRECISION = (0.01, 1.0, 0.25)  # of the regression's weights, see `extrapolate`
MODEL_INFLATION = 4.0  # times the model's deviation: it is fitted where it was optimistic
UNKNOWN_DEVIATION = 10.0  # deviations of all values: knows nothing
LARGE_SHARE = 0.05  # a trial that takes more of what may still be spent is judged before that


class FrontStopper:
    """The rule of this module.

    Args:
        threshold: A trial is stopped where it would enter the front with a smaller probability.
    """

    def __init__(self, threshold: float = 0.01) -> None:
        self.threshold = threshold

    def should_stop(self, view: StudyView, progress: TrialProgress) -> Verdict | None:
        """The verdict, at epochs 0, 1, 2, 3, 4, 6, 8, 11, ... from FIRST of the training on."""
        if progress.curve and not judged(len(progress.curve), progress.epochs):
            return None
        trials = [t for t in with_parameters(view.study) if t.state.is_finished()]
        complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        done = [found for trial in complete if (found := view.curve(trial)) is not None]
        if progress.curve and not done:
            return None
        log_total, spread = progress.whole or extrapolate(
            np.log(progress.costs), progress.epochs, [np.log(costs) for _, costs in done]
        )
        total, least = np.exp(log_total), np.exp(log_total - spread)
        if len(complete) < LEAST_COMPLETE and total < LARGE_SHARE * progress.limit:
            return None
        surrogates = view.surrogates
        model = surrogates.model(view.study, surrogates.space(trials), trials)
        if model is None or len(model.front) == 0:
            return None
        forecast = _seen(view, model, progress, [curve for curve, _ in done])
        x = model.space.features(model.space.encode(progress.params)[None])
        mean, deviation = combined(forecast, model, x)
        bounds = view.bounds if view.bounds is not None else [np.inf] * len(view.objectives)
        better = Boxes.below(model.front, np.array(bounds))
        chance = float(better.probability(mean[None], deviation[None])[0])
        if least > progress.limit:
            reason = f"would cost {total:.3g}, and only {progress.limit:.3g} is left"
            return Verdict(reason, forecast)
        if chance < self.threshold:
            reason = f"would enter the front with a probability of {chance:.1%}"
            return Verdict(reason, forecast)
        return None


def _seen(
    view: StudyView, model: Model, progress: TrialProgress, curves: Sequence[Curve]
) -> ExpectedLosses:
    """What is known, and what the curve alone says; the model's mean, unsure, of the rest."""
    logs = view.surrogates.reading.logarithmic or [False] * len(view.objectives)
    ends = []
    for name, direction, log, process in zip(
        view.objectives, view.study.directions, logs, model.objectives, strict=True
    ):
        if name in progress.known:
            ends.append(progress.known[name])
            continue
        if not progress.curve or name not in progress.curve[-1]:
            ends.append((process.shift, UNKNOWN_DEVIATION * process.scale))
            continue
        losses = [
            np.array([to_loss(epoch[name], direction, log=log) for epoch in curve])
            for curve in (progress.curve, *curves)
        ]
        ends.append(extrapolate(losses[0], progress.epochs, losses[1:]))
    return ExpectedLosses(tuple(end[0] for end in ends), tuple(end[1] for end in ends))


def combined(seen: ExpectedLosses, model: Model, x: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation (m,) of the product of what was seen with the model at x (1, f)."""
    end, spread = np.array(seen.mean), np.array(seen.deviation)
    mean, deviation = (part[0] for part in model.predict(x))
    noise = np.array([process.noise for process in model.objectives])
    # The model is no surer than its distance from what the curve shows allows.
    variance = np.maximum(MODEL_INFLATION**2 * deviation**2 + noise, (end - mean) ** 2 - spread**2)
    weight = variance / (variance + spread**2)
    return mean + weight * (end - mean), np.sqrt(weight) * spread


def judged(epoch: int, epochs: int) -> bool:
    """Is a trial of so many epochs judged after this one? Never after the last."""
    at = max(1, round(FIRST * epochs))
    while at < epoch:
        at = int(np.ceil(at * GROWTH))
    return at == epoch < epochs


def extrapolate(curve: Floats, epochs: int, others: Sequence[Floats]) -> tuple[float, float]:
    """Mean and deviation of a curve's last value, from its first k and other, complete curves.

    Bayesian linear regression (conjugate; its Student predictive is given as a normal of the same
    variance) of end - now on now and on the last change, now - earlier, where earlier is at half
    of the epochs so far. In units of the spread of the ends the prior expects no regression on
    now, and a residual of (1 - k / E) / 2, worth two trials.
    """
    share = len(curve) / epochs
    now, earlier = curve[-1], _at(curve, 0.5)
    known = np.array([[_at(c, share), _at(c, share / 2), c[-1]] for c in others])
    unit = known[:, 2].std() if len(known) > 1 else np.ptp(others[0])
    unit = unit if unit > 1e-12 else 1.0
    centre = known[:, 0].mean()

    def regressors(now: Any, earlier: Any) -> Floats:
        return np.stack([np.ones_like(now), (now - centre) / unit, (now - earlier) / unit], -1)

    z, t = regressors(known[:, 0], known[:, 1]), (known[:, 2] - known[:, 0]) / unit
    precision = z.T @ z + np.diag(PRIOR_PRECISION)
    weights = np.linalg.solve(precision, z.T @ t)
    shape = 1 + len(t) / 2
    rate = (0.5 * (1 - share)) ** 2 + 0.5 * (t @ t - weights @ precision @ weights)
    x = regressors(np.array(now), np.array(earlier))
    variance = rate / (shape - 0.5) * (1 + x @ np.linalg.solve(precision, x))
    return float(now + unit * (x @ weights)), float(unit * np.sqrt(max(variance, 1e-12)))


def _at(curve: Floats, share: float) -> float:
    """The curve's value at a share of its length, between epochs interpolated."""
    return float(np.interp(share * len(curve), np.arange(1, len(curve) + 1), curve))
