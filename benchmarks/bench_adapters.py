"""Our sampler and stopper as the benchmark of shared/bench takes them: `factory(seed)`.

`sampler` is an Optuna sampler. `sampler_with_stopper` is the benchmark's suggest/stop/observe
object: the stopper shares the sampler's model, and what epochs showed teaches both. The `noisy_`
ones are told inexact values, ours and Optuna's alike.
"""

from __future__ import annotations

import numpy as np
import optuna
from paretune.samplers import CostAwareSampler, ExpectedLosses, Reading
from paretune.stoppers import FrontStopper, StudyView, TrialProgress


def _limit(study):
    """What the next evaluation may cost: the rest of the budget, or the time limit."""
    attrs = study.user_attrs
    spent = sum(t.user_attrs.get("cost", 0.0) for t in study.get_trials(deepcopy=False))
    return min(attrs["budget"] - spent, attrs["timeout"])


def _cost(trial):
    return trial.user_attrs.get("cost")


def _forecast(trial):
    told = trial.user_attrs.get("forecast")
    return None if told is None else ExpectedLosses(tuple(told[0]), tuple(told[1]))


def _curve(trial):
    curve = trial.user_attrs.get("curve")
    return None if curve is None else (curve, trial.user_attrs["costs"])


def _shorter(trial):
    """What half, a quarter and an eighth of the epochs gave, where epochs are searched."""
    epochs, curve = trial.params.get("epoch", 0), trial.user_attrs.get("curve", [])
    shorter = sorted({epochs // 2, epochs // 4, epochs // 8} - {0})
    return [({"epoch": k}, list(curve[k - 1].values())) for k in shorter if k <= len(curve)]


def sampler(seed):
    return CostAwareSampler(seed, reading=Reading(cost=_cost), limit=_limit)


def sampler_with_stopper(seed):
    from bench.optimizers import Optuna

    class WithStopper(Optuna):
        def bind(self, problem):
            super().bind(problem)
            self.stopper = FrontStopper()
            surrogates = self.sampler.surrogates
            self.view = StudyView(self.study, tuple(problem.objectives), surrogates, _curve)
            self.curve, self.costs, self.verdict = [], [], None
            return self

        def stop(self, config, values, cost):
            self.curve.append(
                dict(zip(self.problem.objectives, map(float, values[-1]), strict=True))
            )
            self.costs.append(float(cost[-1]))
            if self.problem.partial_counts:
                return False  # every epoch is a result
            progress = TrialProgress(config, self.curve, self.costs, 52, _limit(self.study))
            self.verdict = self.stopper.should_stop(self.view, progress)
            return self.verdict is not None

        def observe(self, config, values, cost, complete):
            if self.verdict is not None:
                forecast = self.verdict.forecast
                self.trial.set_user_attr("forecast", [forecast.mean, forecast.deviation])
            elif complete:
                end = dict(zip(self.problem.objectives, map(float, values), strict=True))
                self.trial.set_user_attr("curve", [*self.curve, end])
                self.trial.set_user_attr("costs", [*self.costs, float(cost)])
            self.curve, self.costs, self.verdict = [], [], None
            super().observe(config, values, cost, complete)

    reading = Reading(cost=_cost, forecast=_forecast, free=_shorter)
    return WithStopper(CostAwareSampler(seed, reading=reading, limit=_limit))


def noisy_sampler(seed):
    return _noisy(sampler(seed), seed)


def noisy_tpe(seed):
    return _noisy(optuna.samplers.TPESampler(seed=seed), seed)


def _noisy(sampler, seed):
    """Told with 0.5 points of noise on the error and 2 % on time (and memory); judged without."""
    from bench.optimizers import Optuna

    rng = np.random.default_rng(seed)

    class Noisy(Optuna):
        def observe(self, config, values, cost, complete):
            deviations = np.r_[0.005, np.full(len(values) - 1, np.log10(1.02))]
            told = values + deviations * rng.standard_normal(len(values))
            super().observe(config, told, cost * np.exp(0.02 * rng.standard_normal()), complete)

    return Noisy(sampler)
