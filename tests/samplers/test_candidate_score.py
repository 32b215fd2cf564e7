"""The score of a point: its gradient, and what climbing it gains."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from paretune.samplers.candidate_score import CandidateScore, climb
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.reading import Reading
from paretune.samplers.surrogate import Model, Surrogates, with_parameters


@pytest.fixture
def model() -> Model:
    """Of 20 random trials with costs, a constraint and failures: the score has every term."""
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=optuna.samplers.RandomSampler(seed=0)
    )
    for number in range(20):
        trial = study.ask()
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_user_attr("cost", float(np.exp(2 * x)))
        trial.set_constraint("y", y - 0.8)
        if number % 5 == 4:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, (x**2 + y, (1 - x) ** 2 + y))
    trials = with_parameters(study)
    surrogates = Surrogates(Reading(cost=lambda trial: trial.user_attrs["cost"]))
    made = surrogates.model(study, EncodedSpace(surrogates.distributions(trials)), trials)
    assert made is not None
    assert made.cost is not None
    assert made.success is not None
    assert made.constraints
    return made


def test_gradient_matches_finite_differences(model):
    """All terms together, with a limit on the cost."""
    score = CandidateScore(model, limit=5.0)
    x = np.random.default_rng(1).random((6, 2))
    value, slope = score.gradient(x)
    assert value == pytest.approx(score(x))
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        numeric = (score(x + step) - score(x - step)) / 2e-6
        assert slope[:, i] == pytest.approx(numeric, rel=1e-2, abs=1e-2)


def test_climbing_never_loses_and_moves_only_what_may_move(model):
    """Every start ends at least as high; a feature that is not movable stays."""
    score = CandidateScore(model, limit=np.inf)
    x = np.random.default_rng(2).random((8, 2))
    movable = np.array([[True, False]] * 4 + [[True, True]] * 4)
    top = climb(score, x, movable)
    assert (score(top) >= score(x) - 1e-9).all()
    assert score(top).mean() > score(x).mean() + 0.1
    assert (top[:4, 1] == x[:4, 1]).all()
    assert ((top >= 0) & (top <= 1)).all()


def test_what_costs_more_than_the_limit_scores_low(model):
    """The same point is worth far less when it cannot be paid."""
    x = np.array([[0.9, 0.2]])  # costs about 6
    assert CandidateScore(model, limit=3.0)(x)[0] < CandidateScore(model, limit=np.inf)(x)[0] - 2
