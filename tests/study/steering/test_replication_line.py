"""Replicates in a study: when they come, with which seeds, and who is told of them."""

from __future__ import annotations

import pytest
from fake_executor import Law
from fake_study import FakeStudy
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.trial.outcome import Status
from small_study import LENGTHS, small_spec


def law(params):
    """Longer trainings are better, and x hardly matters: the front is full of near ties."""
    seconds = params["epochs"] / 2
    return Law(seconds, {"accuracy": 1 - 0.5 / seconds - 0.001 * params["x"]}, start=0.5)


@pytest.fixture
def study(tmp_path):
    def make(more, **options):
        spec = small_spec(
            tmp_path,
            sampler=options.pop("sampler", "random"),
            space=LENGTHS,
            objectives='accuracy = "maximize"\ngpu_seconds = "minimize"',
            more=more,
            **options,
        )
        return FakeStudy(spec, law, tmp_path / "files", 2)

    return make


@pytest.mark.parametrize("sampler", ["cost_aware", "tpe"])
def test_members_run_again_in_the_share_that_is_kept(study, sampler):
    """After the search's share, with a seed of their own each, to their end; whoever chooses."""
    made = study("[replicate]\nshare = 0.5\nmost = 3", trials=24, sampler=sampler)
    made.run()
    again = [record for record in made.records if record.replicate_of is not None]
    assert again
    assert min(record.number for record in again) >= 12
    by_number = {record.number: record for record in made.records}
    for record in again:
        first = by_number[record.replicate_of]
        assert record.params == first.params
        assert first.status is record.status is Status.COMPLETED
    keys = [(record.replicate_of, record.seed) for record in again]
    assert len(set(keys)) == len(keys)
    assert all(seed != made.spec.training_seed for _, seed in keys)


def test_nothing_runs_again_unasked(study):
    """Without the section every trial is a configuration of the search."""
    made = study("", trials=12)
    made.run()
    assert all(record.replicate_of is None for record in made.records)


def test_an_interrupted_replicate_stays_one(study):
    """Put in line again it keeps its seed, and whose configuration it is."""
    made = study("", trials=1)
    made.run()
    stored: StoredStudy = made.stored
    (trial,) = stored.study.trials
    trial.set_user_attr(records.SEED, 9)
    trial.set_user_attr(records.REPLICATE_OF, 0)
    stored.enqueue_again(trial, trial.params)
    queued = stored.study.trials[-1].user_attrs
    assert (queued[records.SEED], queued[records.REPLICATE_OF]) == (9, 0)
