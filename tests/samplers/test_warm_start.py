"""Warm start: what an earlier study's front says of where to begin, and when it is outgrown."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.samplers import CostAwareSampler, Earlier, Reading
from search.samplers.cost_aware import WARM
from search.samplers.warm import suggestions

optuna.logging.set_verbosity(optuna.logging.ERROR)


def two_bowls(trial: optuna.Trial) -> tuple[float, float]:
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    return x**2 + y**2, (1 - x) ** 2 + y**2


def searched(n: int, earlier: tuple[Earlier, ...] = (), seed: int = 0) -> optuna.Study:
    sampler = CostAwareSampler(seed, earlier=earlier)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(two_bowls, n)
    return study


def test_it_begins_on_the_earlier_front():
    """The first trials are the earlier study's best, the compromise first; then its own follow."""
    earlier = Earlier.of(searched(25), Reading())
    study = searched(WARM + 1, (earlier,), seed=1)
    began = [trial.params for trial in study.trials]
    assert began[:WARM] == [pytest.approx(dict(params)) for params in earlier.front[:WARM]]
    assert all(trial["y"] < 0.1 for trial in began[:WARM])
    assert began[WARM] not in began[:WARM]


def test_what_was_tried_is_not_tried_again():
    """A baseline that is on the earlier front takes its place."""
    earlier = Earlier(({"x": 0.5, "y": 0.0}, {"x": 0.2, "y": 0.0}))
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=CostAwareSampler(0, earlier=(earlier,))
    )
    study.enqueue_trial({"x": 0.5, "y": 0.0})
    study.optimize(two_bowls, 2)
    assert study.trials[1].params == pytest.approx({"x": 0.2, "y": 0.0})


def test_another_space_does_no_harm():
    """Unknown names are passed over, missing ones are in the middle, others at the border."""
    earlier = Earlier(({"x": 7.0, "z": "what"},))
    study = searched(1, (earlier,))
    assert study.trials[0].params == pytest.approx({"x": 1.0, "y": 0.5})


def test_only_completed_feasible_trials_are_told():
    """Failures and what broke the constraints teach nothing, unless there is nothing else."""
    study = optuna.create_study(directions=["minimize"] * 2)
    for x, bound in ((0.2, 1.0), (0.4, -1.0), (0.6, -1.0)):
        trial = study.ask()
        trial.suggest_float("x", x, x + 1e-9)
        trial.set_constraint("bound", bound)
        study.tell(trial, [x, x])
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    told = Earlier.of(study, Reading()).front
    assert [round(params["x"], 6) for params in told] == [0.4]
    assert Earlier.of(optuna.create_study(directions=["minimize"] * 2), Reading()).front == ()


def test_studies_take_turns():
    """The best of each first."""
    one, other = Earlier(({"x": 1}, {"x": 2})), Earlier(({"x": 3},))
    assert suggestions([one, other]) == [{"x": 1}, {"x": 3}, {"x": 2}]


@given(st.integers(2, 30), st.integers(1, 4), st.randoms(use_true_random=False))
def test_only_ranks_count(n, m, random):
    """Any growing function of an objective leaves what is told as it is."""
    losses = np.array([[float(random.randint(0, 50)) for _ in range(m)] for _ in range(n)])
    params = [{"x": i} for i in range(n)]
    assert Earlier.from_losses(params, losses) == Earlier.from_losses(params, 9 * losses**3)
