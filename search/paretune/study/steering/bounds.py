"""The study's constraints on its own objectives: how bad an objective may be at most."""

from __future__ import annotations

import numpy as np

from paretune.pareto.losses import to_loss
from paretune.pareto.objectives import Objectives


def bounds_of(objectives: Objectives) -> list[float]:
    """The greatest loss (paretune.samplers.surrogate) of each objective that its constraint allows,
    that loss included; infinity where none bounds it.
    """
    bounds = [np.inf] * len(objectives.names)
    for condition in objectives.constraints:
        if condition.name not in objectives.names:
            continue
        j = objectives.names.index(condition.name)
        if (not condition.wants_more) == (objectives.directions[j] == "minimize"):
            direction, log = objectives.optuna_directions[j], objectives.logarithmic[j]
            bounds[j] = float(np.nextafter(to_loss(condition.bound, direction, log=log), np.inf))
    return bounds
