"""The cost-aware sampler: Optuna's own suites, and what they do not ask."""

from __future__ import annotations

import doctest
from collections.abc import Callable

import numpy as np
import optuna
import pytest
from any_space import spaces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)
from optuna.trial import TrialState
from paretune.samplers.cost_aware import CostAwareSampler
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.reading import Offer, Reading
from paretune.samplers.surrogate import Surrogates, with_parameters
from paretune.samplers.warm_start import EarlierStudy
from paretune.space.points import draw

optuna.logging.set_verbosity(optuna.logging.ERROR)

GLOBALS = {"CostAwareSampler": CostAwareSampler}


class TestOptunasOwnSuites(
    BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase
):
    """What Optuna asks of every sampler that ships with it."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: CostAwareSampler(seed=1, startup=2)


def run(study: optuna.Study, objective: Callable[..., tuple[tuple[float, ...], float]], n: int):
    """n trials in sequence; the objective returns values and cost."""
    for _ in range(n):
        trial = study.ask()
        values, cost = objective(trial)
        trial.set_user_attr("cost", cost)
        study.tell(trial, values)


def paid(trial: optuna.trial.FrozenTrial) -> float | None:
    return trial.user_attrs.get("cost")


def two_bowls(trial: optuna.Trial) -> tuple[tuple[float, float], float]:
    """A front between two minima; the cost grows thousandfold along x."""
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    return (x**2 + y**2, (1 - x) ** 2 + y**2), 10 ** (3 * x)


def spent(study: optuna.Study) -> float:
    return sum(trial.user_attrs["cost"] for trial in study.trials)


def test_first_trial_is_the_centre_of_the_space():
    """Without knowledge it begins in the middle of every (log) range."""
    study = optuna.create_study(sampler=CostAwareSampler(0))
    trial = study.ask()
    assert trial.suggest_float("rate", 1e-4, 1e-2, log=True) == pytest.approx(1e-3)
    assert trial.suggest_int("layers", 1, 5) == 3


def test_it_knows_the_cost_and_spends_less_for_as_many_trials():
    """The same trials told with their costs lead to a cheaper search than told without."""
    totals = []
    for reading in (Reading(cost=paid), Reading()):
        study = optuna.create_study(
            directions=["minimize", "minimize"], sampler=CostAwareSampler(0, reading=reading)
        )
        run(study, two_bowls, 20)
        totals.append(spent(study))
    assert totals[0] < 0.7 * totals[1]


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_it_beats_random_search_for_any_number_of_objectives(m):
    """The sum of losses about m centres ends lower than random search's, by the median seed."""
    centres = np.linspace(0.2, 0.8, m)

    def objective(trial):
        x = np.array([trial.suggest_float(name, 0, 1) for name in "abcd"])
        return tuple(float(((x - c) ** 2).sum()) for c in centres), 1.0

    def best(sampler):
        study = optuna.create_study(directions=["minimize"] * m, sampler=sampler)
        run(study, objective, 25)
        return min(sum(trial.values) for trial in study.trials)

    ours = [best(CostAwareSampler(seed)) for seed in range(3)]
    random = [best(optuna.samplers.RandomSampler(seed)) for seed in range(3)]
    assert np.median(ours) < np.median(random)


def test_maximising_equals_minimising_the_negative():
    """Directions are no more than a sign: both studies see the same points."""
    seen = []
    for direction, sign in (("minimize", 1), ("maximize", -1)):
        study = optuna.create_study(direction=direction, sampler=CostAwareSampler(3))
        study.optimize(lambda t, s=sign: s * (t.suggest_float("x", 0, 1) - 0.3) ** 2, n_trials=10)
        seen.append([trial.params["x"] for trial in study.trials])
    assert seen[0] == pytest.approx(seen[1], abs=1e-4)


def test_same_seed_same_study():
    """A seed fixes the suggestions."""
    seen = []
    for _ in range(2):
        study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(5))
        run(study, two_bowls, 9)
        seen.append([trial.params for trial in study.trials])
    assert seen[0] == seen[1]


def test_running_trials_are_not_proposed_again():
    """Six trials asked for at once are six different ones, spread as if each had come out."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(0))
    run(study, two_bowls, 8)
    points = []
    for _ in range(6):
        trial = study.ask()
        points.append([trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)])
    gaps = [np.abs(np.subtract(a, b)).max() for i, a in enumerate(points) for b in points[:i]]
    assert min(gaps) > 1e-3


def test_a_constraint_is_modelled_once_and_no_worse_than_needed():
    """Optuna's older form of a constraint beside its name is no second one, and how badly a bound
    is broken is cut off at how well it is kept.
    """
    study = optuna.create_study(directions=["minimize"] * 2)
    for x in np.linspace(0, 1, 12):
        study.enqueue_trial({"x": float(x)})
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        for name in ("first", "0", "other"):
            trial.set_constraint(name, 50 * x - 15 if name == "other" else x - 0.5)
        study.tell(trial, [x, 1 - x])
    trials = study.get_trials()
    space = EncodedSpace(trials[0].distributions, [trial.params for trial in trials])
    model = Surrogates(Reading()).model(study, space, trials)
    assert len(model.constraints) == 2
    end = space.features(np.array([[1.0]]))
    assert max(gp.predict(end)[0][0] for gp in model.constraints) < 20  # kept by 15, broken by 35


def test_constraints_are_learnt():
    """Where one half of the space is forbidden, most later trials lie in the other."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(0))
    for _ in range(25):
        trial = study.ask()
        values, _ = two_bowls(trial)
        trial.set_constraint("x", 0.5 - trial.params["x"])
        study.tell(trial, values)
    late = [trial.params["x"] for trial in study.trials[10:]]
    assert np.mean(np.array(late) >= 0.5) > 0.75


def test_failures_are_learnt():
    """Where trials fail, few more are tried; those that fail do not end the search."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(0))
    for _ in range(30):
        trial = study.ask()
        values, _ = two_bowls(trial)
        if trial.params["x"] < 0.4:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, values)
    late = [trial.params["x"] for trial in study.trials[15:]]
    assert np.mean(np.array(late) < 0.4) < 0.35


def test_what_showed_nothing_is_no_failure():
    """A trial that was given up for want of budget says nothing of its region; only that very
    point is not proposed again."""
    reading = Reading(cost=paid, conclusive=lambda trial: "given up" not in trial.user_attrs)
    sampler = CostAwareSampler(0, reading=reading)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    run(study, two_bowls, 8)
    trial = study.ask()
    two_bowls(trial)
    trial.set_user_attr("given up", True)
    trial.set_user_attr("cost", 1e-9)
    study.tell(trial, state=TrialState.FAIL)
    trials = study.get_trials(deepcopy=False)
    space = EncodedSpace(trials[0].distributions)
    model = sampler.surrogates.model(study, space, trials)
    assert model.success is None
    assert len(model.seen) == 9
    assert model.cost.predict(space.features(space.encode(trial.params)[None]))[0] > np.log(1e-3)


def test_a_study_of_failures_goes_on():
    """Without a single value it still proposes, and not the same point."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(0))
    for _ in range(8):
        trial = study.ask()
        two_bowls(trial)
        study.tell(trial, state=TrialState.FAIL)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 8


def test_it_stays_within_what_the_next_trial_may_cost():
    """Near the end of a budget, what would exceed it is not proposed."""
    study = optuna.create_study(
        directions=["minimize"] * 2,
        sampler=CostAwareSampler(
            0,
            reading=Reading(cost=paid),
            limit=lambda study: 30.0 if len(study.trials) > 12 else 1e9,
        ),
    )
    run(study, two_bowls, 25)
    late = [trial.user_attrs["cost"] for trial in study.trials[14:]]
    assert np.mean(np.array(late) <= 30) > 0.9


def test_infinite_values_do_no_harm():
    """A trial may be infinitely bad; the suggestions go on and avoid it."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=CostAwareSampler(0))

    def objective(trial):
        values, cost = two_bowls(trial)
        return (values if trial.params["y"] < 0.7 else (float("inf"), float("inf"))), cost

    run(study, objective, 15)
    late = [trial.params["y"] for trial in study.trials[8:]]
    assert np.mean(np.array(late) < 0.7) > 0.7


def test_conditional_parameters_are_modelled():
    """Each branch of a conditional space is searched with its own parameter."""
    study = optuna.create_study(sampler=CostAwareSampler(1))

    def objective(trial):
        if trial.suggest_categorical("kind", ["a", "b"]) == "a":
            return 1 + (trial.suggest_float("u", 0, 1) - 0.9) ** 2
        return (trial.suggest_float("v", 0, 1) - 0.1) ** 2

    study.optimize(objective, n_trials=25)
    assert study.best_params["kind"] == "b"
    assert study.best_value < 1e-2


def test_a_free_result_counts_like_a_trial():
    """Values at other settings, read off a trial, are in the model and on its front."""
    reading = Reading(free=lambda trial: [({"x": 0.0}, [trial.params["y"] ** 2, 1.0])])
    sampler = CostAwareSampler(0, reading=reading)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    run(study, two_bowls, 5)
    trials = with_parameters(study)
    surrogates = sampler.surrogates
    model = surrogates.model(study, EncodedSpace(surrogates.distributions(trials)), trials)
    assert len(model.objectives[0].x) == 10


def test_what_is_nearly_free_is_taken():
    """Of configurations that are worth as much, one that costs a thousandth is taken, and to the
    last digit."""
    offered = {"x": 0.7000000000000001, "y": 0.0}

    def eleventh(cost: float) -> dict[str, float]:
        def offers(study: optuna.Study) -> list[Offer]:
            return [Offer(offered, cost)] if len(study.trials) > 10 else []

        reading = Reading(cost=paid, offers=offers)
        study = optuna.create_study(
            directions=["minimize"] * 2, sampler=CostAwareSampler(3, reading=reading)
        )
        run(study, two_bowls, 10)
        trial = study.ask()
        two_bowls(trial)
        return trial.params

    assert eleventh(cost=1e-9) == offered
    assert eleventh(cost=1e6) != offered


def test_an_offer_that_has_run_is_not_taken_again():
    """However cheap it is."""
    offered = {"x": 0.7, "y": 0.1}
    reading = Reading(cost=paid, offers=lambda study: [Offer(offered, 1e-3)])
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=CostAwareSampler(3, reading=reading)
    )
    run(study, two_bowls, 20)
    assert [trial.params for trial in study.trials].count(offered) == 1


def test_the_first_trials_are_cheap_by_what_is_known_of_costs():
    """Before any trial could tell, somebody's word on costs is taken: the dear half is avoided."""
    told = Reading(cost=paid, expected_cost=lambda params: 10 ** (6 * params["y"]))
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=CostAwareSampler(0, reading=told, startup=5)
    )
    run(study, two_bowls, 5)
    assert all(trial.params["y"] < 0.35 for trial in study.trials[1:])


def test_the_documented_example_runs():
    """The example of the class's documentation, line by line."""
    found = doctest.DocTestFinder(recurse=False).find(CostAwareSampler, "example", globs=GLOBALS)
    result = doctest.DocTestRunner().run(found[0])
    assert result.attempted > 5
    assert result.failed == 0


@pytest.mark.parametrize("given", ["seconds", lambda trial: trial.user_attrs.get("seconds")])
def test_the_cost_is_an_attribute_or_a_function(given):
    """By its name or by a function; a trial without it is not read as free."""
    sampler = CostAwareSampler(0, cost=given, logarithmic=[False, True])
    told = optuna.trial.create_trial(values=[1.0, 2.0], user_attrs={"seconds": 3.0})
    reading = sampler.surrogates.reading
    assert reading.cost(told) == 3.0
    assert reading.cost(optuna.trial.create_trial(values=[1.0, 2.0])) is None
    assert reading.logarithmic == (False, True)


def test_what_a_study_binds_replaces_what_the_constructor_was_told():
    """Cost, limit and space are the study's; the number of first trials stays the user's."""
    sampler = CostAwareSampler(0, cost="seconds", startup=7)
    reading = Reading(cost=paid)
    sampler.bind(reading, limit=lambda study: 9.0, space=None, earlier_studies=())
    assert sampler.surrogates.reading is reading
    assert sampler._limit(None) == 9.0
    assert sampler._startup == 7


@given(space=spaces(), other=spaces(), seed=st.integers(0, 10**6))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_space_is_searched_whatever_an_earlier_study_searched(space, other, seed):
    """The trials are points of the one space, with a front of the other to begin from."""
    rng = np.random.default_rng(seed)
    earlier = EarlierStudy.from_losses([draw(other, rng, 2) for _ in range(5)], rng.random((5, 2)))
    sampler = CostAwareSampler(
        seed, cost="cost", startup=3, earlier_studies=[earlier], space=space.distributions(2)
    )
    study = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
    for _ in range(6):
        trial = study.ask()
        assert space.check_point(space.suggest(trial, 2), 2) == []
        trial.set_user_attr("cost", float(rng.uniform(0.1, 9)))
        study.tell(trial, rng.random(2).tolist())
