"""A study's objectives and bounds: from a trial's figures to numbers to compare.

Notation: m objectives in the study file's order; "losses" are values to be minimised.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from optuna.study import StudyDirection

from paretune.errors import StudyError
from paretune.inputs.conditions import Condition
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.losses import sign_of, to_loss
from paretune.trial.outcome import MEASURED

Direction = Literal["maximize", "minimize"]

# Figures in these units are spread over decades: they are compared by their ratios.
_RATIO_UNITS = frozenset({"seconds", "mib", "kib", "bytes", "ms", "j", "dollars"})
# A figure that carries such a word in its name is a cost: less is better, whoever reports it.
_COSTS = _RATIO_UNITS | {"loss", "parameters"}


@dataclass(frozen=True)
class Objectives:
    """What a study optimises, and the bounds that a trial must keep."""

    names: tuple[str, ...]
    directions: tuple[Direction, ...]
    constraints: tuple[Condition, ...] = ()
    # By objective: differences that count as none. Where none is given the noise decides.
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, Direction]:
        """The direction of each."""
        return dict(zip(self.names, self.directions, strict=True))

    @property
    def described(self) -> str:
        """In words: 'accuracy (maximize), gpu_seconds (minimize)'."""
        return ", ".join(f"{name} ({direction})" for name, direction in self.by_name.items())

    @property
    def optuna_directions(self) -> list[StudyDirection]:
        """As Optuna wants them."""
        return [
            StudyDirection.MAXIMIZE if direction == "maximize" else StudyDirection.MINIMIZE
            for direction in self.directions
        ]

    @property
    def signs(self) -> np.ndarray:  # (m,)
        """-1 where more is better, else 1."""
        return np.array([sign_of(direction) for direction in self.optuna_directions])

    @property
    def logarithmic(self) -> list[bool]:
        """Which objectives are compared by their ratios rather than their differences."""
        return [
            direction == "minimize" and is_ratio(name)
            for name, direction in zip(self.names, self.directions, strict=True)
        ]

    def missing(self, figures: Mapping[str, float]) -> str | None:
        """What a completed trial lacks of the figures it is judged by, in words; or None."""
        needed = dict.fromkeys((*self.names, *(c.name for c in self.constraints)))
        absent = [name for name in needed if name not in figures]
        if not absent:
            return None
        not_metered = [name for name in absent if name in MEASURED]
        cause = "reported neither" if len(absent) > 1 else "did not report"
        if not_metered == absent:
            cause = "has no meter for"
        reported = ", ".join(figures) or "nothing"
        return f"the trial {cause} {' nor '.join(absent)}; there are: {reported}"

    def values(self, figures: Mapping[str, float]) -> list[float]:
        """The objectives of one trial, as they are. Raises StudyError where one is missing."""
        problem = self.missing(figures)
        if problem is not None:
            raise StudyError(problem)
        return [float(figures[name]) for name in self.names]

    def violations(self, figures: Mapping[str, float]) -> dict[str, float]:
        """By figure: how far its bound is broken; <= 0 keeps it. A missing one breaks it."""
        return {c.name: c.violation(figures.get(c.name, math.nan)) for c in self.constraints}

    @property
    def greatest_losses(self) -> list[float]:  # (m,)
        """The greatest loss (losses.py) of each objective that its constraint allows.

        That loss is allowed itself; infinity where nothing bounds the objective.
        """
        bounds = [math.inf] * len(self.names)
        for condition in self.constraints:
            if condition.name not in self.names:
                continue
            j = self.names.index(condition.name)
            if condition.wants_more == (self.directions[j] == "maximize"):
                direction, log = self.optuna_directions[j], self.logarithmic[j]
                loss = to_loss(condition.bound, direction, log=log)
                bounds[j] = float(np.nextafter(loss, np.inf))
        return bounds

    def to_minimise(
        self,
        values: Iterable[Sequence[float]],  # (n, m)
    ) -> np.ndarray:  # (n, m) losses
        """Values as they are, turned so that less is better everywhere."""
        array = np.array(list(values), dtype=float).reshape(-1, len(self.names))
        return np.asarray(array * self.signs)

    def from_minimised(
        self,
        losses: np.ndarray,  # (n, m) or (m,)
    ) -> np.ndarray:  # the same shape
        """The inverse of `to_minimise`."""
        return np.asarray(losses * self.signs)

    def loss_of(self, figure: str, value: float) -> float | None:
        """Any figure's value as a loss; None where nothing tells which way is better."""
        if figure in self.names:
            return value * float(self.signs[self.names.index(figure)])
        for condition in self.constraints:
            if condition.name == figure:
                wanted = (
                    StudyDirection.MAXIMIZE if condition.wants_more else StudyDirection.MINIMIZE
                )
                return value * sign_of(wanted)
        return value if figure in MEASURED or _names_one(figure, _COSTS) else None


def is_ratio(figure: str) -> bool:
    """Is a figure spread over decades, so that its values are compared by their ratios?"""
    return figure in MEASURED or _names_one(figure, _RATIO_UNITS)


def _names_one(figure: str, words: frozenset[str]) -> bool:
    """Is one of the words in the figure's name, and not as a divisor (images_per_ms)?"""
    parts = figure.split("_")
    return "per" not in parts and not words.isdisjoint(parts)
