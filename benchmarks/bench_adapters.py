"""Our sampler and stopper as the benchmark of shared/bench takes them: `factory(seed)`."""

from __future__ import annotations

from search.samplers.cost_aware import CostAwareSampler
from search.samplers.model import Reading


def _limit(study):
    """What the next evaluation may cost: the rest of the budget, or the time limit."""
    attrs = study.user_attrs
    spent = sum(t.user_attrs.get("cost", 0.0) for t in study.get_trials(deepcopy=False))
    return min(attrs["budget"] - spent, attrs["timeout"])


READING = Reading(cost=lambda trial: trial.user_attrs.get("cost"))


def sampler(seed):
    return CostAwareSampler(seed, reading=READING, limit=_limit)
