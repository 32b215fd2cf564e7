"""The front stopper: what it stops, what it spares, how often it is wrong on recorded curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from paretune.pareto.dominance import nondominated
from paretune.samplers import ExpectedLosses, Reading, Surrogates
from paretune.stoppers.front_stopper import FrontStopper, judged
from paretune.stoppers.stopper import StudyView, TrialProgress

RECORDED = Path(__file__).parents[2] / "benchmarks" / "recorded" / "lcbench_curves.json"
OBJECTIVES = ("error", "log10_time")
RANGES = {
    "batch_size": FloatDistribution(16, 512, log=True),
    "learning_rate": FloatDistribution(1e-4, 0.1, log=True),
    "max_dropout": FloatDistribution(0, 1),
    "max_units": FloatDistribution(64, 1024, log=True),
    "momentum": FloatDistribution(0.1, 0.99),
    "num_layers": FloatDistribution(1, 5),
    "weight_decay": FloatDistribution(1e-5, 0.1),
}


def cost(trial):
    return trial.user_attrs["cost"]


def forecast(trial):
    told = trial.user_attrs.get("forecast")
    return None if told is None else ExpectedLosses(tuple(told[0]), tuple(told[1]))


def curve(trial):
    attrs = trial.user_attrs
    return (attrs["curve"], attrs["costs"]) if "curve" in attrs else None


def fresh(directions=("minimize", "minimize")) -> tuple[StudyView, FrontStopper]:
    study = optuna.create_study(directions=list(directions))
    surrogates = Surrogates(Reading(cost=cost, forecast=forecast))
    return StudyView(study, OBJECTIVES, surrogates, curve), FrontStopper()


def play(view: StudyView, stopper: FrontStopper, run: dict[str, Any]) -> int | None:
    """One trial from its recorded curve; the epoch it was stopped at, or None."""
    distributions = {name: d for name, d in RANGES.items() if name in run["params"]}
    epochs = [{name: run[name][k] for name in OBJECTIVES} for k in range(len(run["error"]))]
    costs = [10 ** epoch["log10_time"] for epoch in epochs]
    for k in range(1, len(epochs)):
        progress = TrialProgress(run["params"], epochs[:k], costs[:k], len(epochs))
        verdict = stopper.should_stop(view, progress)
        if verdict is not None:
            told = [verdict.forecast.mean, verdict.forecast.deviation]
            attrs = {"cost": costs[k - 1], "forecast": told}
            view.study.add_trial(
                optuna.trial.create_trial(
                    state=TrialState.PRUNED,
                    params=run["params"],
                    distributions=distributions,
                    user_attrs=attrs,
                )
            )
            return k
    view.study.add_trial(
        optuna.trial.create_trial(
            values=list(epochs[-1].values()),
            params=run["params"],
            distributions=distributions,
            user_attrs={"cost": costs[-1], "curve": epochs, "costs": costs},
        )
    )
    return None


def made(error: float, pace: float, x: float, epochs: int = 20) -> dict[str, Any]:
    """A run whose error falls towards `error`, at so much time an epoch."""
    k = np.arange(1, epochs + 1)
    return {
        "params": {"momentum": x},
        "error": list(error * (1 + 2 * np.exp(-k / 4))),
        "log10_time": list(np.log10(pace * k)),
    }


@pytest.fixture
def begun() -> tuple[StudyView, FrontStopper]:
    """A study with six completed trials, error falling and time rising with x."""
    view, stopper = fresh()
    for x in np.linspace(0.15, 0.9, 6):
        assert play(view, stopper, made(0.5 - 0.4 * x, 1 + 4 * x, x)) is None
    return view, stopper


def test_decisions_on_recorded_curves_are_rarely_wrong_and_save_much():
    """P(stop | finally non-dominated) <= 0.05, and at least 40 % of the epochs are saved.

    Random configurations in a random order, three data sets, two orders of each.
    """
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    wrong, good, run_epochs, all_epochs = 0, 0, 0, 0
    for runs in recorded.values():
        ends = np.array([[run[name][-1] for name in OBJECTIVES] for run in runs])
        best = nondominated(ends)
        for seed in range(2):
            view, stopper = fresh()
            for index in np.random.default_rng(seed).permutation(len(runs)):
                stopped = play(view, stopper, runs[index])
                good += int(best[index])
                wrong += int(best[index] and stopped is not None)
                run_epochs += stopped or 52
                all_epochs += 52
    assert good >= 20
    assert wrong / good <= 0.05
    assert 1 - run_epochs / all_epochs >= 0.4


def test_a_dominated_trial_is_stopped_and_says_why(begun):
    """Slower and worse than all others, it ends early with a forecast near its true end."""
    view, stopper = begun
    run = made(0.9, 9.0, 0.5)
    stopped = play(view, stopper, run)
    assert stopped is not None
    assert stopped <= 8
    told = view.study.trials[-1].user_attrs["forecast"]
    assert told[0][0] == pytest.approx(run["error"][-1], rel=0.25)
    assert told[0][1] == pytest.approx(run["log10_time"][-1], abs=0.25)


def test_a_trial_that_will_lead_is_spared(begun):
    """The best error so far, whatever its time: never stopped."""
    view, stopper = begun
    assert play(view, stopper, made(0.05, 5.0, 0.95)) is None


def test_a_cheap_trial_is_spared_though_its_error_is_bad(begun):
    """The fastest so far is on the front whatever its error."""
    view, stopper = begun
    assert play(view, stopper, made(0.8, 0.2, 0.12)) is None


def test_what_cannot_be_paid_is_stopped(begun):
    """A leading trial that will cost far more than is left ends, and the reason says so."""
    view, stopper = begun
    run = made(0.05, 5.0, 0.95)
    epochs = [{name: run[name][k] for name in OBJECTIVES} for k in range(6)]
    costs = [10 ** epoch["log10_time"] for epoch in epochs]
    progress = TrialProgress(run["params"], epochs, costs, 20, limit=40.0)
    verdict = stopper.should_stop(view, progress)
    assert verdict is not None
    assert "is left" in verdict.reason
    enough = TrialProgress(run["params"], epochs, costs, 20, limit=400.0)
    assert stopper.should_stop(view, enough) is None


def test_nothing_is_stopped_before_any_trial_was_completed():
    """Without a complete curve there is nothing to judge by."""
    view, stopper = fresh()
    assert play(view, stopper, made(0.9, 9.0, 0.5)) is None


def test_an_objective_known_only_at_the_end_is_left_to_the_model(begun):
    """With a bad error and no word of its time, it lives if the model expects a fast trial."""
    view, stopper = begun
    reasons = {}
    for x in (0.1, 0.9):
        run = made(0.9, 9.0, x)
        partial = [{"error": error} for error in run["error"][:6]]
        costs = [10**time for time in run["log10_time"][:6]]
        reasons[x] = stopper.should_stop(view, TrialProgress(run["params"], partial, costs, 20))
    assert reasons[0.1] is None
    assert reasons[0.9] is not None


def test_a_forecast_is_the_curves_own(begun):
    """The model's opinion is no part of it: the same curve elsewhere gives the same forecast."""
    view, stopper = begun
    forecasts = []
    for x in (0.5, 0.6):
        run = made(0.9, 9.0, x)
        epochs = [{name: run[name][k] for name in OBJECTIVES} for k in range(8)]
        costs = [10 ** epoch["log10_time"] for epoch in epochs]
        verdict = stopper.should_stop(view, TrialProgress(run["params"], epochs, costs, 20))
        assert verdict is not None
        forecasts.append(verdict.forecast)
    assert forecasts[0] == forecasts[1]


def test_judgements_become_rarer_and_the_last_epoch_is_never_judged():
    """Of 52 epochs these are judged, of a short training nearly all."""
    assert [k for k in range(1, 53) if judged(k, 52)] == [2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48]
    assert [k for k in range(1, 7) if judged(k, 6)] == [1, 2, 3, 4]
    assert not judged(1, 1)
