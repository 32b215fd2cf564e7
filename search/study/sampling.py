"""The study's sampler, told where our trials keep their cost and what the budget has left."""

from __future__ import annotations

import math

import optuna
from optuna.samplers import BaseSampler

from search import samplers
from search.objectives import Objectives
from search.samplers import Reading
from search.spec import StudySpec
from search.study import records


def make_sampler(spec: StudySpec, devices: int) -> BaseSampler:
    """The sampler that the study file names. Raises SearchError where it cannot be had."""

    def left(study: optuna.Study) -> float:
        """GPU-seconds that the budget still has for one more trial."""
        if spec.budget.gpu_seconds is None:
            return math.inf
        spent: float = sum(
            trial.user_attrs.get(records.SPENT, 0.0) for trial in study.get_trials(deepcopy=False)
        )
        return max(spec.budget.gpu_seconds - spent, 1e-9)

    return samplers.make(
        spec.sampler.name,
        spec.sampler.seed,
        reading=Reading(
            cost=lambda trial: trial.user_attrs.get(records.SPENT),
            logarithmic=Objectives.from_spec(spec).logarithmic,
        ),
        limit=left,
        space=spec.space.distributions(devices),
    )
