"""The front of a study's trials, and filters on any figure of theirs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from paretune.errors import ExportError
from paretune.inputs.conditions import Condition
from paretune.inputs.mistakes import did_you_mean, is_number
from paretune.inputs.tolerance import Tolerance
from paretune.pareto.dominance import nondominated
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


def loss_column(
    points: Sequence[TrialRecord], objectives: Objectives, figure: str
) -> np.ndarray:  # (n,)
    """Any one figure of the points, turned so that less is better; NaN where one has none.

    Raises ExportError where no point has the figure, or nothing tells which way is better.
    """
    values = [figures_of(point).get(figure, math.nan) for point in points]
    if all(map(math.isnan, values)):
        known = list(dict.fromkeys(name for point in points for name in figures_of(point)))
        raise ExportError(
            f"{figure}: no trial has it{did_you_mean(figure, known)}; "
            f"there are: {', '.join(known)}",
            argument="figure",
        )
    losses = [objectives.loss_of(figure, value) for value in values]
    if any(loss is None for loss in losses):
        raise ExportError(
            f"{figure}: it is not known whether more or less of it is better; "
            f"name an objective ({', '.join(objectives.names)}), a figure with a unit in its name, "
            "or bound it by a condition",
            argument="figure",
        )
    return np.array(losses, dtype=float)


def check_weights(weights: Mapping[str, float], objectives: Objectives) -> None:
    """Raise ExportError where a weight names no objective or is not above 0."""
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


def parse_tolerances(
    given: Mapping[str, str | float] | Sequence[str], objectives: Objectives
) -> dict[str, Tolerance]:
    """From {"gpu_seconds": "3 %"} or ["gpu_seconds=3 %"]. Raises ExportError where one is wrong."""
    pairs = given.items() if isinstance(given, Mapping) else [_pair(text) for text in given]
    found: dict[str, Tolerance] = {}
    for name, value in pairs:
        if name not in objectives.names:
            raise ExportError(
                f"{name}: not an objective{did_you_mean(name, objectives.names)}; "
                f"there are: {', '.join(objectives.names)}",
                argument="tolerance",
            )
        try:
            found[name] = Tolerance.parse(value)
        except ValueError as problem:
            raise ExportError(f"{name} {problem}", argument="tolerance") from None
    return found


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def passing_span(front: Sequence[TrialRecord], text: str) -> str:
    """What the front has of the figure that a condition names: 'accuracy from 0.9 to 0.97'."""
    name = Condition.parse_where(text).name
    values = [figures_of(point)[name] for point in front if name in figures_of(point)]
    return f"{name} from {min(values):.4g} to {max(values):.4g}" if values else f"no {name}"
