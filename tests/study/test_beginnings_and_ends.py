"""Where a study begins (warm start) and when it ends of itself (least gain)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paretune.errors import StudyError
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from small_study import SPACE, small_spec


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/studies.db"


def run(folder, url, name="small", **options):
    spec = replace(small_spec(folder, **options), name=name)
    return run_study(spec, storage_url=url, observer=Silent())


def test_a_study_looks_early_where_an_earlier_one_had_its_front(tmp_path, url):
    """After its own first trials, which bear the other out, come configurations of its front."""
    run(tmp_path / "one", url, trials=12)
    front = [record.params for record in load_study("small", url).front]
    warm = '[warm_start]\nstudies = ["small"]'
    run(tmp_path / "two", url, name="next", trials=8, sampler="cost_aware", more=warm)
    began = [record.params for record in load_study("next", url).records]
    known = [any(p == pytest.approx(dict(other)) for other in front) for p in began]
    assert not any(known[:4])
    assert any(known[4:])


@pytest.mark.parametrize(
    ("changes", "named", "complaint"),
    [
        ({"sampler": "random"}, "small", "needs the sampler cost_aware"),
        ({}, "other", "'other' is not in"),
        ({}, "next", "which is itself"),
        ({"objectives": 'accuracy = "maximize"'}, "small", "whose objectives are accuracy"),
        (
            {"space": SPACE.replace("[x]", "[w]").replace("[gpu_count]", "[cores]")},
            "small",
            "which searched none of w, cores",
        ),
    ],
)
def test_a_warm_start_that_cannot_be(tmp_path, url, changes, named, complaint):
    """Each is said before anything is run."""
    run(tmp_path / "one", url, trials=2)
    options = {"sampler": "cost_aware", "more": f'[warm_start]\nstudies = ["{named}"]', **changes}
    with pytest.raises(StudyError, match=complaint):
        run(tmp_path / "two", url, name="next", trials=2, **options)


def test_a_study_ends_when_little_is_expected(tmp_path, url):
    """Long before its trials are used up, and says why; a smaller share lets it go on."""
    more = "[search]\nleast_gain = 0.9"
    summary = run(tmp_path / "one", url, trials=60, sampler="cost_aware", more=more)
    assert "no look is expected to pay" in summary.reason
    assert "least_gain is 90.00%" in summary.reason
    assert summary.state.finished["completed"] < 60
    tiny = "[search]\nleast_gain = 1e-9"
    summary = run(tmp_path / "two", url, name="next", trials=8, sampler="cost_aware", more=tiny)
    assert summary.state.finished == {"completed": 8}


def test_only_a_sampler_that_expects_something_can_end_a_study(tmp_path, url):
    """Asked of another it is a mistake, said before anything is run."""
    with pytest.raises(StudyError, match="needs the sampler cost_aware"):
        run(tmp_path / "one", url, trials=2, more="[search]\nleast_gain = 0.1")
