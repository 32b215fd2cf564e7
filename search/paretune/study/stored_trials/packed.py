"""What a trial keeps in the storage, small: a storage is read whole, by every driver and viewer.

An outcome's measurements are rows under one list of column names, in microseconds and millionths of
a MiB; what is None everywhere or has its default is left out. A prediction keeps of each figure the
two numbers it is made of, a curve is kept by metric. What is packed is unpacked to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from paretune.measure import Measurement
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Basis, Estimate, Prediction

_DECIMALS = 6  # of seconds, MiB and joules
_DIGITS = 5  # of a predicted logarithm, of a curve
_FIELDS = tuple(field.name for field in fields(Measurement))
_DEFAULTS = tuple(field.default for field in fields(Measurement))
_COST = "gpu_seconds"

T = TypeVar("T")


class Unpacking(Mapping[str, T]):
    """Values that are unpacked when they are asked for: of most trials nobody asks for them."""

    def __init__(self, packed: Mapping[str, Any], unpack: Callable[[Any], T]) -> None:
        self._packed = packed
        self._unpack = unpack

    def __getitem__(self, name: str) -> T:
        return self._unpack(self._packed[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a dict


def pack_outcome(outcome: Outcome) -> dict[str, Any]:
    """As JSON. Inverse: `unpack_outcome`, up to the rounding of measurements."""
    lost = [] if outcome.lost is None else [outcome.lost]
    every = [*outcome.phases.values(), *outcome.reused.values(), *lost]
    columns = [
        name
        for name, default in zip(_FIELDS, _DEFAULTS, strict=True)
        if any(getattr(cost, name) != default for cost in every)
    ]

    def row(cost: Measurement) -> list[float | None]:
        found = (getattr(cost, name) for name in columns)
        return [None if value is None else round(value, _DECIMALS) for value in found]

    packed = {
        "metrics": dict(outcome.metrics),
        "columns": columns,
        "phases": {name: row(cost) for name, cost in outcome.phases.items()},
        "reused": {name: row(cost) for name, cost in outcome.reused.items()},
        "lost": None if outcome.lost is None else row(outcome.lost),
        "notes": dict(outcome.notes),
        "error": outcome.error,
        "attempts": None if outcome.attempts == 1 else outcome.attempts,
    }
    return {"status": outcome.status.value, **{key: v for key, v in packed.items() if v}}


def unpack_outcome(packed: Mapping[str, Any]) -> Outcome:
    """The outcome that was packed."""
    columns = packed.get("columns", ())
    places = [columns.index(name) if name in columns else None for name in _FIELDS]

    def cost(row: Sequence[float | None]) -> Measurement:
        figures = (
            default if place is None else row[place]
            for place, default in zip(places, _DEFAULTS, strict=True)
        )
        return Measurement(*figures)  # type: ignore[arg-type]

    lost = packed.get("lost")
    return Outcome(
        status=Status(packed["status"]),
        metrics=packed.get("metrics", {}),
        notes=packed.get("notes", {}),
        phases=Unpacking(packed.get("phases", {}), cost),
        reused=Unpacking(packed.get("reused", {}), cost),
        error=packed.get("error"),
        attempts=packed.get("attempts", 1),
        lost=None if lost is None else cost(lost),
    )


def packed_gpu_seconds(packed: Mapping[str, Any]) -> float:
    """What a packed outcome's configuration took, reused stages and lost attempts included."""
    columns = packed.get("columns", ())
    if _COST not in columns:
        return 0.0
    at = columns.index(_COST)
    rows = [*packed.get("phases", {}).values(), *packed.get("reused", {}).values()]
    rows += [packed["lost"]] if "lost" in packed else []
    return sum(float(row[at] or 0.0) for row in rows)


def pack_prediction(prediction: Prediction) -> dict[str, Any]:
    """As JSON. Inverse: `unpack_prediction`, up to rounding."""

    def pair(estimate: Estimate) -> list[float]:
        return [round(estimate.log_mean, _DIGITS), round(estimate.log_deviation, _DIGITS)]

    return {
        "basis": prediction.basis,
        "observations": prediction.observations,
        "figures": {name: pair(estimate) for name, estimate in prediction.figures.items()},
        "parts": {name: pair(estimate) for name, estimate in prediction.parts.items()},
    }


def unpack_prediction(packed: Mapping[str, Any]) -> Prediction:
    """The prediction that was packed."""
    figures, parts = (Unpacking(packed[name], _estimate) for name in ("figures", "parts"))
    return Prediction(figures, Basis(packed["basis"]), packed["observations"], parts)


def _estimate(pair: Sequence[float]) -> Estimate:
    return Estimate(*pair)


def pack_curve(points: Sequence[Mapping[str, float]]) -> dict[str, list[float | None]]:
    """Objectives after each epoch, by name; None where an epoch has none."""
    names = dict.fromkeys(name for point in points for name in point)

    def short(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.{_DIGITS}g}")

    return {name: [short(point.get(name)) for point in points] for name in names}


def unpack_curve(packed: Mapping[str, Sequence[float | None]]) -> list[dict[str, float]]:
    """The points that were packed."""
    rows = zip(*packed.values(), strict=True)
    return [
        {name: value for name, value in zip(packed, row, strict=True) if value is not None}
        for row in rows
    ]
