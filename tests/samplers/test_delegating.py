"""A sampler that leaves the work to another: every call arrives, with the study as it is shown."""

from __future__ import annotations

import optuna
from optuna.samplers import RandomSampler
from paretune.samplers.delegating import DelegatingSampler, unwrapped

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Recording(RandomSampler):
    """Keeps the names of the calls it gets."""

    def __init__(self):
        super().__init__(seed=0)
        self.calls = []

    def reseed_rng(self):
        self.calls.append("reseed_rng")
        super().reseed_rng()

    def before_trial(self, study, trial):
        self.calls.append("before_trial")

    def infer_relative_search_space(self, study, trial):
        self.calls.append("infer_relative_search_space")
        return {}

    def sample_relative(self, study, trial, search_space):
        self.calls.append("sample_relative")
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.calls.append("sample_independent")
        return super().sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study, trial, state, values):
        self.calls.append("after_trial")


def test_every_call_arrives():
    """Of a trial from its beginning to its end, and of a new process."""
    inner = Recording()
    study = optuna.create_study(sampler=DelegatingSampler(inner))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    study.sampler.reseed_rng()
    assert inner.calls == [
        "before_trial",
        "infer_relative_search_space",
        "sample_relative",
        "sample_independent",
        "after_trial",
        "reseed_rng",
    ]


def test_the_one_that_does_the_work_is_found():
    """However often it is wrapped; one that is not is itself."""
    inner = RandomSampler(0)
    assert unwrapped(DelegatingSampler(DelegatingSampler(inner))) is inner
    assert unwrapped(inner) is inner
