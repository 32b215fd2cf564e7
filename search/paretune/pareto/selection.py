"""From a front to one configuration: knee, best figure, weights; and filters on any figure.

All rules work on the front of the trials that pass the filters. Its losses are normalised
column by column, 0 at the front's best value and 1 at its worst (`pareto.normalised`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from paretune.errors import ExportError
from paretune.inputs.conditions import Condition
from paretune.inputs.mistakes import did_you_mean, is_number
from paretune.pareto.dominance import nondominated, normalised
from paretune.pareto.objectives import Objectives
from paretune.trial.record import TrialRecord


def front_of(points: Sequence[TrialRecord], objectives: Objectives) -> list[TrialRecord]:
    """The feasible points that nobody feasible dominates, best in the first objective first."""
    candidates = [point for point in points if point.values is not None and point.feasible]
    losses = _losses(candidates, objectives)
    kept = [i for i, inside in enumerate(nondominated(losses)) if inside]
    kept.sort(key=lambda i: (*losses[i], candidates[i].number))
    return [candidates[i] for i in kept]


def filtered(points: Sequence[TrialRecord], conditions: Sequence[str]) -> list[TrialRecord]:
    """The points that meet every condition ('accuracy >= 0.95', 'bits <= 8').

    Raises ExportError where a condition cannot be read or names what no trial has.
    """
    parsed: list[Condition] = []
    known = dict.fromkeys(name for point in points for name in figures_of(point))
    for text in conditions:
        try:
            condition = Condition.parse_where(text)
        except ValueError as problem:
            raise ExportError(str(problem), argument="where") from None
        if known and condition.name not in known:
            raise ExportError(
                f"{text!r}: no trial has {condition.name}"
                f"{did_you_mean(condition.name, known)}; there are: {', '.join(known)}",
                argument="where",
            )
        parsed.append(condition)
    return [
        point
        for point in points
        if all(c.met(figures_of(point).get(c.name, math.nan)) for c in parsed)
    ]


def figures_of(point: TrialRecord) -> dict[str, float]:
    """Every number of a trial by name: objectives, metrics, and parameters that are numbers."""
    params = {name: float(value) for name, value in point.params.items() if is_number(value)}
    return {**params, **point.metrics, **(point.values or {})}


def candidates(
    points: Sequence[TrialRecord], objectives: Objectives, where: Sequence[str] = ()
) -> list[TrialRecord]:
    """The front of the trials that pass `where`. Raises ExportError where none is left."""
    front = front_of(points, objectives)
    if not front:
        raise ExportError("the front is empty: no trial has completed within the constraints")
    passing = front_of(filtered(points, where), objectives)
    if not passing:
        nearest = "; ".join(f"the front has {_span(front, text)}" for text in where)
        raise ExportError(
            f"{' and '.join(map(repr, where))}: no trial fulfils it; {nearest}", argument="where"
        )
    return passing


def knee(front: Sequence[TrialRecord], objectives: Objectives) -> TrialRecord:
    """The point of the front that bulges most towards the ideal point.

    That is the greatest distance from the hyperplane through the normalised extremes, the knee
    of Das, "On characterizing the 'knee' of the Pareto curve based on normal-boundary
    intersection", Structural Optimization 18 (1999): with the extremes at the unit points e_j,
    the distance of y is (1 - sum_j y_j) / sqrt(m).
    """
    losses = normalised(_losses(front, objectives))
    return front[_least(-(1.0 - losses.sum(axis=1)) / math.sqrt(losses.shape[1]), losses)]


def best(front: Sequence[TrialRecord], objectives: Objectives, figure: str) -> TrialRecord:
    """The point of the front that is best in any one figure; ties go to the knee of the tied.

    Raises ExportError where no point has the figure, or nothing tells which way is better.
    """
    having = [point for point in front if figure in figures_of(point)]
    if not having:
        known = list(dict.fromkeys(name for point in front for name in figures_of(point)))
        raise ExportError(
            f"{figure}: no trial has it{did_you_mean(figure, known)}; "
            f"there are: {', '.join(known)}",
            argument="figure",
        )
    losses = [objectives.loss_of(figure, figures_of(point)[figure]) for point in having]
    known_losses = [loss for loss in losses if loss is not None]
    if not known_losses:
        raise ExportError(
            f"{figure}: it is not known whether more or less of it is better; "
            f"name an objective ({', '.join(objectives.names)}), a figure with a unit in its name, "
            "or bound it by a condition",
            argument="figure",
        )
    least = min(known_losses)
    tied = [point for point, loss in zip(having, losses, strict=True) if loss == least]
    return knee(tied, objectives)


def weighted(
    front: Sequence[TrialRecord], objectives: Objectives, weights: Mapping[str, float]
) -> TrialRecord:
    """The point with the least weighted sum of normalised losses; objectives not named weigh 0.

    Raises ExportError where a weight names no objective or is not above 0.
    """
    for name, weight in weights.items():
        if name not in objectives.names:
            raise ExportError(
                f"{name}: not an objective{did_you_mean(name, objectives.names)}; "
                f"there are: {', '.join(objectives.names)}",
                argument="weights",
            )
        if not (math.isfinite(weight) and weight > 0):
            raise ExportError(
                f"{name}={weight:g}: give a number above 0, or leave it out",
                argument="weights",
            )
    losses = normalised(_losses(front, objectives))
    factors = np.array([weights.get(name, 0.0) for name in objectives.names])
    return front[_least(losses @ factors, losses)]


def parse_weights(text: str) -> dict[str, float]:
    """From 'accuracy=3,gpu_seconds=1'. Raises ExportError where it cannot be read."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            if not (name and equals) or name in weights:
                raise ValueError
            weights[name] = float(number)
        except ValueError:
            raise ExportError(
                f"{text}: {part.strip() or 'nothing'!r} is not name=number (each name "
                "once); write accuracy=3,gpu_seconds=1",
                argument="weights",
            ) from None
    return weights


def _losses(points: Sequence[TrialRecord], objectives: Objectives) -> np.ndarray:
    rows = [[(point.values or {})[name] for name in objectives.names] for point in points]
    return objectives.to_minimise(rows)


def _least(score: np.ndarray, losses: np.ndarray) -> int:
    # Scores within rounding are ties: they go to the least sum of losses, then to the better one
    # in the first objective in which the tied differ; only equal points are left to their order.
    tied = np.flatnonzero(score <= score.min() + 1e-12)
    return int(min(tied, key=lambda i: (round(float(losses[i].sum()), 12), *losses[i], i)))


def _span(front: Sequence[TrialRecord], text: str) -> str:
    name = Condition.parse_where(text).name
    values = [figures_of(point)[name] for point in front if name in figures_of(point)]
    return f"{name} from {min(values):.4g} to {max(values):.4g}" if values else f"no {name}"
