"""Warm start: what an earlier study's front says of where to begin, and when it is outgrown."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.samplers import CostAwareSampler, EarlierStudy, Reading
from paretune.samplers.warm_start import WARM

optuna.logging.set_verbosity(optuna.logging.ERROR)

STARTUP = 4  # trials before an earlier study is asked


def two_bowls(trial: optuna.Trial) -> tuple[float, float]:
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    return x**2 + y**2, (1 - x) ** 2 + y**2


def searched(n: int, earlier: tuple[EarlierStudy, ...] = (), seed: int = 0) -> optuna.Study:
    sampler = CostAwareSampler(seed, earlier_studies=earlier)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(two_bowls, n)
    return study


def test_it_looks_on_the_earlier_front_early():
    """After its own cheap trials come the earlier study's best, the compromise first."""
    earlier = EarlierStudy.of(searched(25), Reading())
    study = searched(STARTUP + WARM + 1, (earlier,), seed=1)
    began = [trial.params for trial in study.trials]
    front = [earlier.params[i] for i in earlier.front]
    assert began[:STARTUP] == [trial.params for trial in searched(STARTUP, seed=1).trials]
    assert began[STARTUP : STARTUP + WARM] == [pytest.approx(dict(params)) for params in front]
    assert all(trial["y"] < 0.1 for trial in began[STARTUP : STARTUP + WARM])
    assert began[-1] not in front


def test_what_was_tried_is_not_tried_again():
    """A baseline that is on the earlier front takes its place."""
    earlier = EarlierStudy.of(searched(25), Reading())
    best, second = (dict(earlier.params[i]) for i in earlier.front[:2])
    sampler = CostAwareSampler(1, earlier_studies=(earlier,))
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.enqueue_trial(best)
    study.optimize(two_bowls, STARTUP + 1)
    assert study.trials[STARTUP].params == pytest.approx(second)


def test_a_misleading_study_costs_nothing():
    """Turned round, it is not believed: the search is the one without it."""
    first = searched(25)
    losses = np.array([trial.values for trial in first.trials])
    turned = EarlierStudy.from_losses([trial.params for trial in first.trials], -losses)
    warm, cold = searched(12, (turned,), seed=1), searched(12, seed=1)
    assert [t.params for t in warm.trials] == [t.params for t in cold.trials]


def test_one_objective_that_misleads_is_enough():
    """A study that is right about all but one objective is not believed either."""
    first = searched(25)
    losses = np.array([trial.values for trial in first.trials])
    turned = EarlierStudy.from_losses([trial.params for trial in first.trials], losses * [1, -1])
    warm, cold = searched(12, (turned,), seed=1), searched(12, seed=1)
    assert [t.params for t in warm.trials] == [t.params for t in cold.trials]


def test_another_space_does_no_harm():
    """Unknown names are passed over, missing ones are in the middle, others at the border."""
    earlier = EarlierStudy.from_losses([{"x": 7.0, "z": "what"}], np.array([[1.0, 2.0]]))
    warm, cold = searched(8, (earlier,)), searched(8)
    assert [t.params for t in warm.trials] == [t.params for t in cold.trials]


def test_only_completed_feasible_trials_are_the_front():
    """Failures and what broke the constraints teach nothing, unless there is nothing else."""
    study = optuna.create_study(directions=["minimize"] * 2)
    for x, bound in ((0.2, 1.0), (0.4, -1.0), (0.6, -1.0)):
        trial = study.ask()
        trial.suggest_float("x", x, x + 1e-9)
        trial.set_constraint("bound", bound)
        study.tell(trial, [x, x])
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    told = EarlierStudy.of(study, Reading())
    assert [round(told.params[i]["x"], 6) for i in told.front] == [0.4]
    assert EarlierStudy.of(optuna.create_study(directions=["minimize"] * 2), Reading()).front == ()


def test_studies_take_turns():
    """The best of each first, and no more points than of one alone."""
    one, other = (EarlierStudy.of(searched(25, seed=seed), Reading()) for seed in (0, 5))
    study = searched(STARTUP + WARM, (one, other), seed=1)
    taken = [trial.params for trial in study.trials[STARTUP:]]
    turns = [s.params[s.front[turn]] for turn in (0, 1) for s in (one, other)]
    assert taken == [pytest.approx(dict(params)) for params in turns]


@given(st.integers(2, 30), st.integers(1, 4), st.randoms(use_true_random=False))
def test_only_ranks_count(n, m, random):
    """Any growing function of an objective leaves what is told as it is."""
    losses = np.array([[float(random.randint(0, 50)) for _ in range(m)] for _ in range(n)])
    params = [{"x": i} for i in range(n)]
    assert EarlierStudy.from_losses(params, losses) == EarlierStudy.from_losses(
        params, 9 * losses**3
    )
