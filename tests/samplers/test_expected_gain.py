"""What the next look should add: what ends a study that has nothing more to win."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from paretune.samplers.acquisition import Boxes
from paretune.samplers.cost_aware import CostAwareSampler
from paretune.samplers.expected_gain import gain
from paretune.samplers.reading import Reading

optuna.logging.set_verbosity(optuna.logging.ERROR)


def paid(trial):
    return trial.user_attrs.get("cost")


def study_of(sampler, n, price=1.0, scale=1.0):
    """n trials of two bowls."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    for _ in range(n):
        trial = study.ask()
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_user_attr("cost", price * (1 + x))
        study.tell(trial, (scale * (x**2 + y**2), scale * ((1 - x) ** 2 + y**2)))
    return study


def test_nothing_is_expected_before_a_model():
    """While it begins, the sampler promises nothing; then it does; a new study begins anew."""
    sampler = CostAwareSampler(0, startup=3)
    study_of(sampler, 3)
    assert sampler.expected_gain is None
    study_of(sampler, 4)
    assert sampler.expected_gain > 0
    study_of(sampler, 1)
    assert sampler.expected_gain is None


def test_the_gain_falls_as_the_search_goes_on():
    """A front that is known to its ends promises less than a young one, by far."""
    gains = []
    for n in (6, 40):
        sampler = CostAwareSampler(0, reading=Reading(cost=paid))
        study_of(sampler, n)
        gains.append(sampler.expected_gain)
    assert gains[1] < 0.2 * gains[0]


def test_the_gain_has_no_unit():
    """Prices in another currency, objectives on another scale: the same share."""
    gains = []
    for price, scale in ((1, 1), (3600, 1), (1, 50)):
        sampler = CostAwareSampler(0, reading=Reading(cost=paid))
        study_of(sampler, 8, price, scale)
        gains.append(sampler.expected_gain)
    assert gains[1:] == pytest.approx([gains[0]] * 2, rel=0.05)


class OneLook:
    """A score with a known front: a point at (1, 1) below (3, 3), so that 4 are held."""

    def __init__(self, cost):
        front, reference = np.array([[1.0, 1.0]]), np.array([3.0, 3.0])
        self.model = SimpleNamespace(cost=cost, front=front, reference=reference)
        self.boxes = Boxes.below(front, reference) if len(front) else None


def test_the_gain_is_rate_times_spent_over_held():
    """At 0.5 of hypervolume per second, 6 seconds spent and 4 held: 75 %. Running trials and
    unknown costs count nothing; without any costs each ended trial counts one."""
    trials = [
        optuna.trial.create_trial(values=[0, 0], user_attrs={"cost": 2.0}),
        optuna.trial.create_trial(state=TrialState.FAIL, user_attrs={"cost": 4.0}),
        optuna.trial.create_trial(state=TrialState.PRUNED),
        optuna.trial.create_trial(state=TrialState.RUNNING, user_attrs={"cost": 100.0}),
    ]
    reading = Reading(cost=paid)
    assert gain(OneLook(object()), np.log(0.5), reading, trials) == pytest.approx(0.75)
    assert gain(OneLook(None), np.log(0.5), reading, trials) == pytest.approx(3 / 8)


def test_what_will_not_be_feasible_is_no_gain():
    """Of the same front, less is expected where a constraint seems to forbid its middle."""
    gains = []
    for constrained in (False, True):
        sampler = CostAwareSampler(0)
        study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
        for i in range(12):
            if i < 11:
                study.enqueue_trial({"x": 0.039 * i if i < 6 else 1 - 0.039 * (10 - i)})
            trial = study.ask()
            x = trial.suggest_float("x", 0, 1)
            trial.set_constraint("c", 0.3 - abs(x - 0.5) if constrained else -1.0)
            study.tell(trial, (x**2, (1 - x) ** 2))
        gains.append(sampler.expected_gain)
    assert gains[1] < 0.5 * gains[0]


def test_without_a_front_nothing_is_said():
    """Where nothing has met the constraints, nothing is expected, and nothing ends a study."""
    sampler = CostAwareSampler(0)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    for _ in range(6):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("never", 1.0)
        study.tell(trial, (x, 1 - x))
    assert sampler.expected_gain is None
