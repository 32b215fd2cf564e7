"""Stoppers by name, as instances and from factories."""

from __future__ import annotations

import sys

import optuna
import pytest
from paretune.catalog import STOPPERS
from paretune.errors import SearchError
from paretune.samplers import Reading, Surrogates
from paretune.stoppers import (
    FrontStopper,
    NoStopper,
    Stopper,
    StudyView,
    TrialProgress,
    make,
    name_of,
)

OWN = """
class Always:
    def should_stop(self, view, progress): return "stop"
def number(): return 5
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_stoppers.py").write_text(OWN)
    return str(tmp_path)


def test_every_name_of_the_catalog_is_one():
    """And the record of an instance has its name."""
    assert {name: name_of(make(name)) for name in STOPPERS} == {name: name for name in STOPPERS}
    assert all(isinstance(make(name), Stopper) for name in STOPPERS)
    assert isinstance(make("front"), FrontStopper)


def test_none_never_stops():
    """Whatever a trial has shown."""
    study = optuna.create_study(directions=["minimize"] * 2)
    view = StudyView(study, ("a", "b"), Surrogates(Reading()), lambda trial: None)
    assert make("none").should_stop(view, TrialProgress({}, [], [], 1)) is None


def test_an_instance_is_taken_as_it_is():
    """With the threshold that it was given."""
    own = FrontStopper(threshold=0.2)
    assert make(own) is own
    assert name_of(own) == "front"
    assert name_of(NoStopper()) == "none"


def test_a_factory_is_called(folder):
    """A class of the user's, known by its method alone."""
    assert make("own_stoppers:Always", folder=folder).should_stop(None, None) == "stop"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("asha", "front, none"),
        ("own_stoppers:number", "should_stop"),
        ("own_stoppers:no", "has no"),
    ],
)
def test_what_is_no_stopper_is_refused(folder, name, said):
    """With the value and the cure."""
    with pytest.raises(SearchError, match="stopper") as caught:
        make(name, folder=folder)
    assert said in str(caught.value)
    assert name in str(caught.value)
