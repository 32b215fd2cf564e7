"""Samplers by name, as instances and from factories."""

from __future__ import annotations

import importlib.util
import sys
import warnings

import numpy as np
import optuna
import pytest
from paretune.catalog import SAMPLERS
from paretune.errors import SearchError
from paretune.samplers import CostAwareSampler, Reading, make, name_of, unwrapped

optuna.logging.set_verbosity(optuna.logging.ERROR)

OWN = """
import optuna
from paretune.samplers import CostAwareSampler
def tpe(seed): return optuna.samplers.TPESampler(seed=seed)
def ours(seed): return CostAwareSampler(seed, startup=2)
def number(): return 5
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_samplers.py").write_text(OWN)
    return str(tmp_path)


def run(sampler, n=5):
    study = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
    for _ in range(n):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        if trial.suggest_categorical("kind", ["a", "b"]) == "a":
            x += trial.suggest_float("y", 0, 1)
        study.tell(trial, (x, x**2))
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "gp"])
def test_every_name_runs_a_study_of_two_objectives(name):
    """Five trials with a conditional parameter, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(run(make(name, 1))) == 5


def test_gp_says_what_it_needs():
    """Without torch the message names the cure; with torch there is a sampler."""
    if importlib.util.find_spec("torch") is not None:
        assert isinstance(unwrapped(make("gp", 0)), optuna.samplers.GPSampler)
        return
    with pytest.raises(SearchError, match="pip install"):
        make("gp", 0)


def test_an_unknown_name_is_refused_with_the_known_ones():
    """The message lists the choices."""
    with pytest.raises(SearchError, match=r"tpe, nsgaii.*module:factory"):
        make("tpw", 0)


def test_an_instance_is_taken_as_it_is():
    """Any of Optuna's, or ours; it suggests what it would have suggested."""
    for one, other in (
        (optuna.samplers.TPESampler(seed=3), optuna.samplers.TPESampler(seed=3)),
        (CostAwareSampler(3), CostAwareSampler(3)),
    ):
        assert run(make(one), 8) == run(other, 8)


def test_ours_is_bound_to_the_study_by_name_as_instance_and_from_a_factory(folder):
    """Whichever way it comes, it is told how costs are read and what a trial may cost."""
    reading = Reading(cost=lambda trial: 1.0)
    for given in ("cost_aware", CostAwareSampler(0), "own_samplers:ours"):
        sampler = unwrapped(make(given, 0, reading=reading, limit=lambda study: 5.0, folder=folder))
        assert sampler.surrogates.reading is reading  # type: ignore[attr-defined]
        assert sampler._limit(None) == 5.0  # type: ignore[attr-defined]


def test_a_factory_gets_the_seed(folder):
    """One of the user's beside the study, and a class of Optuna's."""
    own = make("own_samplers:tpe", 3, folder=folder)
    assert run(own, 12) == run(optuna.samplers.TPESampler(seed=3), 12)
    theirs = make("optuna.samplers:RandomSampler", 3)
    assert run(theirs) == run(optuna.samplers.RandomSampler(3))


def test_a_factory_that_gives_no_sampler_is_refused(folder):
    """With the key, and what it gave."""
    with pytest.raises(SearchError, match=r"sampler.name = .*:number.*gave a int"):
        make("own_samplers:number", folder=folder)


def test_names_of_samplers():
    """A study's record names an instance by its class, ours by its name."""
    assert name_of("tpe") == "tpe"
    assert name_of(CostAwareSampler()) == "cost_aware"
    assert name_of(optuna.samplers.RandomSampler()).endswith(":RandomSampler")


def test_without_a_limit_nothing_is_too_dear():
    """The default says so in a number."""
    assert unwrapped(make("cost_aware", 0))._limit(None) == np.inf  # type: ignore[attr-defined]
