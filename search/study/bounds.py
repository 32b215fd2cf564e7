"""The study's constraints on its own objectives: how bad an objective may be at most."""

from __future__ import annotations

import numpy as np

from search.objectives import Objectives
from search.samplers.model import to_loss


def bounds_of(objectives: Objectives) -> dict[str, tuple[int, float]]:
    """By constraint: the position of the objective that it bounds, and the greatest loss
    (search.samplers.model) that keeps it, that loss included. Other constraints are not among them.
    """
    found = {}
    for condition in objectives.constraints:
        if condition.name not in objectives.names:
            continue
        j = objectives.names.index(condition.name)
        upper = condition.sign == "<="
        if upper == (objectives.directions[j] == "minimize"):
            direction, log = objectives.optuna_directions[j], objectives.logarithmic[j]
            loss = to_loss(condition.bound, direction, log=log)
            found[condition.name] = (j, float(np.nextafter(loss, np.inf)))
    return found
