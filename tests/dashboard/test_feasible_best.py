"""Best trials keep the constraints."""

from __future__ import annotations

import optuna
import pytest
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, create_trial
from paretune.dashboard.feasible_best import feasible_best, is_feasible
from paretune.optuna_internals import constraint_attributes
from paretune.study.storage.open_storage import open_storage


def trial(values: list[float], violation: float) -> FrozenTrial:
    """One completed trial."""
    return create_trial(values=values, system_attrs=constraint_attributes({"accuracy": violation}))


def test_front_of_the_dashboard_is_feasible() -> None:
    """A trial that breaks a constraint neither is on it nor keeps another one out."""
    from optuna_dashboard import _app

    feasible_best(optuna.storages.InMemoryStorage())
    good, broken = trial([0.9, 2.0], -0.1), trial([0.95, 1.0], 0.1)
    directions = [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
    assert is_feasible(good)
    assert not is_feasible(broken)
    found = _app.get_pareto_front_trials(trials=[good, broken], directions=directions)
    assert found == [good]


def test_best_of_one_objective_is_feasible(storage_url: str) -> None:
    """The storage that is served says so; where none is feasible, the best of all."""
    storage = open_storage(storage_url)
    study = optuna.create_study(storage=storage, direction="maximize")
    feasible_best(storage)
    with pytest.raises(ValueError, match="No trials are completed yet"):
        storage.get_best_trial(study._study_id)
    study.add_trial(trial([0.99], 0.5))
    assert storage.get_best_trial(study._study_id).number == 0
    study.add_trial(trial([0.9], -0.5))
    assert storage.get_best_trial(study._study_id).number == 1
