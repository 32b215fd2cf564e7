"""Samplers by name."""

from __future__ import annotations

import importlib.util
import warnings

import optuna
import pytest
from paretune.errors import SearchError
from paretune.samplers import NAMES, make


@pytest.mark.parametrize("name", [name for name in NAMES if name != "gp"])
def test_every_name_runs_a_study_of_two_objectives(name):
    """Five trials with a conditional parameter, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = make(name, 1)
        study = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
        for _ in range(5):
            trial = study.ask()
            x = trial.suggest_float("x", 0, 1)
            if trial.suggest_categorical("kind", ["a", "b"]) == "a":
                x += trial.suggest_float("y", 0, 1)
            study.tell(trial, (x, x**2))
    assert len(study.trials) == 5


def test_gp_says_what_it_needs():
    """Without torch the message names the cure; with torch there is a sampler."""
    if importlib.util.find_spec("torch") is not None:
        assert isinstance(make("gp", 0), optuna.samplers.GPSampler)
        return
    with pytest.raises(SearchError, match="pip install"):
        make("gp", 0)


def test_an_unknown_name_is_refused_with_the_known_ones():
    """The message lists the choices."""
    with pytest.raises(SearchError, match="tpe, nsgaii"):
        make("tpw", 0)
