"""The best trials of optuna-dashboard, without those that break a constraint.

optuna-dashboard 0.21 draws such trials grey and yet lists them among the best. docs/patches has
the same change for its own source; until it is taken, it is made here, in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


def is_feasible(trial: FrozenTrial) -> bool:
    """Does the trial keep its constraints, in Optuna's sign: none above 0?"""
    stored = trial.system_attrs
    named = [value for name, value in stored.items() if name.startswith("constraints:")]
    return all(value <= 0 for value in (*stored.get("constraints", ()), *named))


def feasible_best(storage: BaseStorage) -> None:
    """Have optuna-dashboard, in this process and for this storage, list feasible trials only."""
    from optuna_dashboard import _app

    plain: Callable[..., list[FrozenTrial]] = _app.get_pareto_front_trials

    def front(
        trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
    ) -> list[FrozenTrial]:
        return plain(trials=[t for t in trials if is_feasible(t)], directions=directions)

    if not getattr(plain, "feasible", False):
        front.feasible = True  # type: ignore[attr-defined]
        _app.get_pareto_front_trials = front
    alone: Any = storage
    alone.get_best_trial = lambda study_id: _best(storage, study_id)


def _best(storage: BaseStorage, study_id: int) -> FrozenTrial:
    """Of a study with one objective. Raises ValueError, as Optuna does, where there is none."""
    completed = storage.get_all_trials(study_id, deepcopy=False, states=(TrialState.COMPLETE,))
    found = [trial for trial in completed if is_feasible(trial)] or completed
    if not found:
        raise ValueError("No trials are completed yet.")
    (direction,) = storage.get_study_directions(study_id)
    sign = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    return min(found, key=lambda trial: sign * (trial.values or [0.0])[0])
