"""Hypervolume as benchmarks compare it: on the scale of comparisons, as a share of a box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from paretune.pareto.dominance import hypervolume, normalised
from paretune.pareto.losses import to_losses
from paretune.pareto.objectives import Objectives


def hypervolume_share(
    losses: np.ndarray,  # (n, m)
    ideal: np.ndarray,  # (m,)
    nadir: np.ndarray,  # (m,)
) -> float:
    """The hypervolume as a share of the box from `ideal` to `nadir`: comparable across studies."""
    return hypervolume(normalised(losses, ideal, nadir), np.ones(len(ideal)))


def compared(
    objectives: Objectives,
    values: Iterable[Sequence[float]],  # (n, m)
) -> np.ndarray:  # (n, m)
    """Losses in which costs are compared by their ratios."""
    directions, logs = objectives.optuna_directions, objectives.logarithmic
    rows = [to_losses(value, directions, logs) for value in values]
    return np.array(rows).reshape(-1, len(directions))


def feasible(objectives: Objectives, figures: Mapping[str, float]) -> bool:
    """Are all bounds kept?"""
    return all(violation <= 0 for violation in objectives.violations(figures).values())
