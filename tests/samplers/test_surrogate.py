"""What trials teach the models: which of them count, how many, and what running ones do."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from paretune.pareto.dominance import nondominated
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.reading import ExpectedLosses, Reading
from paretune.samplers.surrogate import MAX_POINTS, Surrogates, _thin, feasible, with_parameters

SPACE = {"x": FloatDistribution(0.0, 1.0)}


def trial(x, state=TrialState.COMPLETE, space=SPACE):
    values = [x**2, (1 - x) ** 2] if state == TrialState.COMPLETE else None
    return optuna.trial.create_trial(
        state=state, values=values, params={"x": x}, distributions=space
    )


def study_of(trials):
    study = optuna.create_study(directions=["minimize"] * 2)
    study.add_trials(trials)
    return study


def model_of(trials, reading=None):
    study = study_of(trials)
    known = with_parameters(study)
    return Surrogates(reading or Reading()).model(study, EncodedSpace(SPACE), known)


def test_without_values_there_is_no_model():
    """A study of failures has nothing to model."""
    assert model_of([trial(0.5, TrialState.FAIL)]) is None


def test_a_running_trial_makes_its_place_surer_and_changes_no_mean():
    """As if it had come out as predicted."""
    done = [trial(x) for x in (0.0, 0.1, 0.9, 1.0)]
    before = model_of(done)
    after = model_of([*done, trial(0.5, TrialState.RUNNING)])
    here = np.array([[0.5]])
    (mean, deviation), (mean_after, deviation_after) = before.predict(here), after.predict(here)
    assert mean_after == pytest.approx(mean, abs=1e-3)
    assert (deviation_after < 0.5 * deviation).all()
    assert len(after.seen) == len(before.seen) + 1


def test_a_forecast_is_as_sure_as_it_says():
    """Of two given up at one place, the vaguer forecast moves the model less."""
    pruned = trial(0.5, TrialState.PRUNED)
    done = [trial(x) for x in (0.0, 0.1, 0.9, 1.0)]
    moved = []
    for deviation in (0.001, 1.0):
        told = ExpectedLosses((1.0, 1.0), (deviation, deviation))
        reading = Reading(forecast=lambda t, told=told: told)
        model = model_of([*done, pruned], reading)
        moved.append(float(model.predict(np.array([[0.5]]))[0][0, 0]))
    assert moved[0] > moved[1]


def test_the_newest_range_of_a_name_holds():
    """A space that was widened is searched as it is now."""
    wide = {"x": FloatDistribution(0.0, 2.0)}
    trials = [trial(0.5), trial(1.5, space=wide)]
    assert Surrogates(Reading()).distributions(trials) == wide


def test_a_model_is_made_once_for_the_same_trials():
    """Sampler and stopper ask for it again and again."""
    study = study_of([trial(x) for x in (0.1, 0.5, 0.9)])
    surrogates, space = Surrogates(Reading()), EncodedSpace(SPACE)
    models = [surrogates.model(study, space, with_parameters(study)) for _ in range(2)]
    assert models[0] is models[1]


def test_of_many_points_the_best_are_kept_and_the_rest_thinned():
    """No more than can be handled; all of the front among them."""
    losses = np.random.default_rng(0).random((1500, 2))
    kept = _thin(losses)
    assert len(kept) == MAX_POINTS
    assert set(np.flatnonzero(nondominated(losses))) <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_a_trial_is_feasible_that_breaks_no_constraint():
    """At most 0 keeps one; without any, all are kept."""
    study = optuna.create_study()
    for violation, expected in ((-1.0, True), (0.0, True), (0.1, False)):
        asked = study.ask()
        asked.set_constraint("c", violation)
        study.tell(asked, 1.0)
        assert feasible(study.trials[-1]) is expected
    assert feasible(trial(0.5))


def test_an_ended_trial_is_read_once_in_a_space():
    """Reading thousands of trials is the price of a suggestion; another space reads anew."""
    asked = []

    def cost(trial):
        asked.append(trial.number)
        return 1.0

    surrogates = Surrogates(Reading(cost=cost))
    study = study_of([trial(x) for x in (0.0, 0.5, 1.0)])
    surrogates.model(study, EncodedSpace(SPACE), with_parameters(study))
    study.add_trial(trial(0.25))
    model = surrogates.model(study, EncodedSpace(SPACE), with_parameters(study))
    assert asked == [0, 1, 2, 3]
    assert model.seen[:, 0].tolist() == [0.0, 0.5, 1.0, 0.25]
    wider = EncodedSpace({"x": FloatDistribution(0.0, 2.0)})
    model = surrogates.model(study, wider, with_parameters(study))
    assert asked == [0, 1, 2, 3] * 2
    assert model.seen[:, 0].tolist() == [0.0, 0.25, 0.5, 0.125]
