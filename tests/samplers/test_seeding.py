"""One seed in a study that is resumed, and in one that several drivers work on."""

from __future__ import annotations

import optuna
import pytest
from optuna.samplers import BaseSampler
from paretune import samplers
from paretune.samplers import CostAwareSampler

optuna.logging.set_verbosity(optuna.logging.ERROR)

SEEDED = ["random", "tpe", "nsgaii", "nsgaiii", "qmc", "cost_aware"]


@pytest.fixture
def storage():
    return optuna.storages.InMemoryStorage()


def driver(storage, name: str, seed: int | None = 7) -> optuna.Study:
    """A process's own handle on the study, with a sampler of its own."""
    sampler = samplers.make(name, seed)
    return optuna.create_study(
        storage=storage,
        study_name="one",
        directions=["minimize"] * 2,
        sampler=sampler,
        load_if_exists=True,
    )


def ask(study: optuna.Study, n: int) -> list[tuple[float, ...]]:
    drawn = []
    for _ in range(n):
        trial = study.ask()
        point = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        study.tell(trial, point)
        drawn.append(point)
    return drawn  # type: ignore[return-value]


@pytest.mark.parametrize("name", SEEDED)
def test_a_resumed_study_draws_other_trials(storage, name):
    """Four trials, then eight: twelve different ones."""
    drawn = ask(driver(storage, name), 4) + ask(driver(storage, name), 8)
    assert len(set(drawn)) == 12


@pytest.mark.parametrize("name", SEEDED)
def test_two_drivers_draw_different_trials(storage, name):
    """Turn by turn from a fresh study."""
    one, other = driver(storage, name), driver(storage, name)
    drawn = [point for _ in range(6) for study in (one, other) for point in ask(study, 1)]
    assert len(set(drawn)) == 12


@pytest.mark.parametrize("name", SEEDED)
def test_resuming_is_deterministic(name):
    """The same seed at the same place gives the same trials."""
    runs = []
    for _ in range(2):
        storage = optuna.storages.InMemoryStorage()
        runs.append(ask(driver(storage, name), 3) + ask(driver(storage, name), 5))
    assert runs[0] == runs[1]


def test_the_first_driver_of_a_fresh_study_has_the_seed_itself(storage):
    """Its trials are those of Optuna's sampler with that seed."""
    plain = optuna.create_study(
        directions=["minimize"] * 2, sampler=optuna.samplers.RandomSampler(7)
    )
    assert ask(driver(storage, "random"), 5) == ask(plain, 5)


def test_baselines_do_not_count_as_draws(storage):
    """A first trial that was put in line is no sign of an earlier driver."""
    study = driver(storage, "random")
    study.enqueue_trial({"x": 0.5, "y": 0.5})
    drawn = ask(study, 3)
    plain = optuna.create_study(
        directions=["minimize"] * 2, sampler=optuna.samplers.RandomSampler(7)
    )
    assert drawn[1:] == ask(plain, 2)


def test_without_a_seed_all_is_left_to_chance(storage):
    """Nothing is derived from nothing."""
    drawn = ask(driver(storage, "random", None), 3) + ask(driver(storage, "random", None), 3)
    assert len(set(drawn)) == 6


def test_the_stream_is_kept_from_one_study_to_the_next():
    """A sampler that is used twice does not begin again."""
    sampler: BaseSampler = CostAwareSampler(1)
    studies = [optuna.create_study(directions=["minimize"] * 2, sampler=sampler) for _ in range(2)]
    first, second = (ask(study, 3) for study in studies)
    assert first[0] == second[0]  # the centre, which is no draw
    assert first[1:] != second[1:]
