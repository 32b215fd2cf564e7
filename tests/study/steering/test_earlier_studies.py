"""Earlier studies that a study file names: what is refused, before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paretune.errors import StudyError
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.steering.earlier_studies import earlier_studies
from small_study import small_spec


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/studies.db"


def test_a_study_that_names_none_begins_cold(tmp_path, url):
    """Whatever its sampler."""
    assert earlier_studies(small_spec(tmp_path / "study"), url) == ()


def test_another_sampler_is_refused(tmp_path, url):
    """It would not listen."""
    spec = replace(small_spec(tmp_path / "study", sampler="random"), warm_start=("first",))
    with pytest.raises(StudyError, match=r"warm_start\.studies needs the sampler cost_aware"):
        earlier_studies(spec, url)


def test_only_studies_that_compare_are_taken(tmp_path, url):
    """Another one with the same objectives is; itself, one that is not there, and one with other
    objectives are not."""
    first = replace(small_spec(tmp_path / "study", sampler="cost_aware", trials=3), name="first")
    run_study(first, storage_url=url, observer=Silent())
    spec = replace(first, name="second", warm_start=("first",))
    (taken,) = earlier_studies(spec, url)
    assert len(taken.params) == 3
    assert all("x" in params for params in taken.params)
    with pytest.raises(StudyError, match="itself"):
        earlier_studies(replace(spec, name="first"), url)
    with pytest.raises(StudyError, match="'nowhere' is not in"):
        earlier_studies(replace(spec, warm_start=("nowhere",)), url)
    fewer = replace(spec.objectives, names=("accuracy",), directions=("maximize",))
    with pytest.raises(StudyError, match="whose objectives are"):
        earlier_studies(replace(spec, objectives=fewer), url)
