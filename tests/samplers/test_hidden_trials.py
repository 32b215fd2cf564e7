"""What a sampler of Optuna's is kept from learning, and that nothing else changes."""

from __future__ import annotations

import optuna
import pytest
from paretune import samplers
from paretune.samplers.hidden_trials import HidingSampler

optuna.logging.set_verbosity(optuna.logging.ERROR)

MARK = "of"
NAMES = ["tpe", "nsgaii", "nsgaiii", "random", "qmc"]


def objective(trial: optuna.Trial) -> tuple[float, float]:
    x, bits = trial.suggest_float("x", 0, 1), trial.suggest_categorical("bits", [8, 4])
    return x**2, (1 - x) ** 2 + bits / 8


def own_proposals(name: str, *, siblings: bool, n: int = 40) -> list[dict[str, object]]:
    """What is proposed when each trial is followed by its siblings, and when by none."""
    sampler = samplers.make(name, 0, hidden=lambda trial: MARK in trial.user_attrs)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    proposed = []
    for _ in range(n):
        trial = study.ask()
        study.tell(trial, objective(trial))
        proposed.append(trial.params)
        if siblings:
            other = {**trial.params, "bits": 12 - trial.params["bits"]}
            study.enqueue_trial(other, user_attrs={MARK: trial.number})
            sibling = study.ask()
            study.tell(sibling, objective(sibling))
            assert sibling.params == other
    return proposed


class Witness(optuna.samplers.RandomSampler):
    """Keeps the numbers of the trials that it is shown."""

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        shown = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        self.shown = [other.number for other in shown]
        return super().sample_independent(study, trial, param_name, param_distribution)


def test_hidden_trials_are_not_shown():
    """Of a trial and its sibling, the sibling is as if it had never been."""
    witness = Witness(seed=0)
    sampler = HidingSampler(witness, lambda trial: MARK in trial.user_attrs)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    for index in range(6):
        study.enqueue_trial({"x": 0.5, "bits": 4}, user_attrs={MARK: 0} if index % 2 else None)
    study.optimize(objective, 7)
    assert witness.shown == [0, 2, 4]
    assert len(study.trials) == 7


@pytest.mark.parametrize("name", NAMES)
def test_a_study_with_hidden_trials_runs(name):
    """Populations, groups and pending trials are looked up by number: none is missed."""
    assert len(own_proposals(name, siblings=True, n=60)) == 60


def test_without_hidden_trials_nothing_changes():
    """The proposals are Optuna's own."""
    plain = optuna.create_study(directions=["minimize"] * 2, sampler=samplers.make("tpe", 0))
    plain.optimize(objective, 25)
    assert own_proposals("tpe", siblings=False, n=25) == [trial.params for trial in plain.trials]
