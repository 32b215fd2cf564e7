"""A sampler that is kept to what the rest of a budget buys."""

from __future__ import annotations

from functools import partial

import optuna
import pytest
from money_left import affordable_with
from optuna.samplers import RandomSampler
from paretune.study.steering.affordable_sampler import AffordableSampler


@pytest.fixture
def affordable(tmp_path):
    """affordable(GPU-seconds left, limit=..., **options of Affordable)"""
    return partial(affordable_with, tmp_path)


def suggested(affordable, trials=30, seed=3):
    """What a random sampler suggests under it, and what it would have suggested."""
    found = []
    for wrapped in (True, False):
        sampler = RandomSampler(seed=seed)
        study = optuna.create_study(
            sampler=AffordableSampler(sampler, affordable) if wrapped else sampler
        )
        asked = [affordable.spec.space.suggest(study.ask(), 2) for _ in range(trials)]
        found.append(asked)
    return found


def test_while_all_fits_a_sampler_suggests_what_it_would_anyway(affordable):
    """Trial for trial, with a budget and without one."""
    for left, limit in ((500.0, 1000.0), (0.0, None)):
        kept, free = suggested(affordable(left, limit))
        assert kept == free


def test_near_the_end_only_what_fits_is_suggested(affordable):
    """Other kinds and shorter trainings, as long as there is one."""
    kept, free = suggested(affordable(6.0))
    assert all(point.get("epochs", 5.0) <= 6.0 for point in kept)
    assert any(point.get("epochs", 5.0) > 6.0 for point in free)


def test_what_was_put_in_line_stays_as_it_is(affordable):
    """Its parameters were fixed beforehand: nothing is looked for in its place."""
    made = affordable(6.0)
    study = optuna.create_study(sampler=AffordableSampler(RandomSampler(0), made))
    study.enqueue_trial({"kind": "long", "epochs": 90.0})
    assert made.spec.space.suggest(study.ask(), 2) == {"kind": "long", "epochs": 90.0}
