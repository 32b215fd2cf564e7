"""The sampler of a whole study: from a file beside it or as an instance, and what it is told."""

from __future__ import annotations

import optuna
import pytest
from paretune.errors import SearchError
from paretune.samplers import CostAwareSampler
from paretune.stoppers import FrontStopper
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from small_study import small_spec

OWN = """
import optuna

class Corner(optuna.samplers.RandomSampler):
    def sample_independent(self, study, trial, name, distribution):
        return distribution.low

class Watching:
    seen = []
    def should_stop(self, view, progress):
        self.seen.append((view.objectives, dict(progress.params)))
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/studies.db"


def test_a_study_file_names_a_sampler_and_a_stopper_beside_it(tmp_path, url):
    """Both are found beside the file, and do their work."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "own_search.py").write_text(OWN)
    spec = small_spec(folder, sampler="own_search:Corner", stopper="own_search:Watching", trials=3)
    run_study(spec, storage_url=url, observer=Silent())
    found = load_study("small", url)
    assert {record.params["x"] for record in found.records} == {0.0}
    assert found.spec.sampler.name == "own_search:Corner"


def test_what_cannot_be_had_ends_before_anything_is_stored(tmp_path, url):
    """The key, the value and the cause; the storage has no study of that name."""
    spec = small_spec(tmp_path / "study", sampler="not_there_at_all:make", trials=3)
    with pytest.raises(SearchError, match=r"sampler\.name = .*no module 'not_there_at_all'"):
        run_study(spec, storage_url=url, observer=Silent())
    assert optuna.get_all_study_names(url) == []


def test_instances_stand_in_for_what_the_file_names(tmp_path, url):
    """Ours is told the study's costs; one of Optuna's is asked as it is."""
    spec = small_spec(tmp_path / "study", sampler="random", trials=4)
    ours = CostAwareSampler(seed=5, startup=2)
    run_study(spec, storage_url=url, sampler=ours, stopper=FrontStopper(0.1), observer=Silent())
    records = load_study("small", url).records
    assert len(records) == 4
    trial = load_study("small", url).study.trials[0]
    assert ours.surrogates.reading.cost(trial) == pytest.approx(records[0].spent.gpu_seconds)


def test_a_resumed_study_draws_other_trials_with_the_same_seed(tmp_path, url):
    """Four trials, then eight in all: eight different ones, of a sampler that knows nothing."""
    for trials in (4, 8):
        spec = small_spec(tmp_path / "study", sampler="random", trials=trials)
        run_study(spec, storage_url=url, observer=Silent())
    records = load_study("small", url).records
    assert len({record.params["x"] for record in records}) == 8
