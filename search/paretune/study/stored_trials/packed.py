"""What a trial keeps in the storage, small: a storage is read whole, by every driver and viewer.

An outcome's measurements are rows, a phase each, in microseconds and millionths of a MiB; `columns`
says where in a row each field stands, by its code. Fields that are equal throughout share a place;
what is None everywhere or has its default is left out. A prediction keeps of each figure the
two numbers it is made of, a curve is kept by metric. What is packed is unpacked to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from paretune.measure import Measurement
from paretune.measure.cost_rows import CostRows
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Basis, Estimate, Prediction

_DECIMALS = 6  # of seconds, MiB and joules
_DIGITS = 5  # of a predicted logarithm, of a curve
_CODES = {  # of a measurement's fields
    "wall_seconds": "w",
    "gpu_seconds": "g",
    "gpu_busy_seconds": "b",
    "cpu_seconds": "c",
    "peak_memory_mib": "p",
    "total_memory_mib": "t",
    "host_memory_mib": "h",
    "energy_j": "e",
    "disturbed_seconds": "d",
    "core_seconds": "k",
}
_NAMES = {code: name for name, code in _CODES.items()}
_TABLES = ("phases", "reused", "lost")
_LOST = "lost"  # the one row of its table

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


def pack_outcome(outcome: Outcome) -> dict[str, Any]:
    """As JSON. Inverse: `unpack_outcome`, up to the rounding of measurements."""
    lost = {} if outcome.lost is None else {_LOST: outcome.lost}
    columns, rows = _table({"phases": outcome.phases, "reused": outcome.reused, "lost": lost})
    packed = {
        "metrics": dict(outcome.metrics),
        "columns": columns,
        **rows,
        "notes": dict(outcome.notes),
        "error": outcome.error,
        "attempts": None if outcome.attempts == 1 else outcome.attempts,
    }
    return {"status": outcome.status.value, **{key: v for key, v in packed.items() if v}}


def unpack_outcome(packed: Mapping[str, Any]) -> Outcome:
    """The outcome that was packed."""
    phases, reused, lost = _tables(packed)
    return Outcome(
        status=Status(packed["status"]),
        metrics=packed.get("metrics", {}),
        notes=packed.get("notes", {}),
        phases=phases,
        reused=reused,
        error=packed.get("error"),
        attempts=packed.get("attempts", 1),
        lost=lost[_LOST] if lost else None,
    )


def packed_gpu_seconds(packed: Mapping[str, Any]) -> float:
    """What a packed outcome's configuration took, reused stages and lost attempts included."""
    place = packed.get("columns", {}).get(_CODES["gpu_seconds"])
    if place is None:
        return 0.0
    rows = (row for table in _TABLES for row in packed.get(table, {}).values())
    return sum(float(row[place] or 0.0) for row in rows)


def _tables(packed: Mapping[str, Any]) -> tuple[CostRows, CostRows, CostRows]:
    columns = {_NAMES[code]: place for code, place in packed.get("columns", {}).items()}
    phases, reused, lost = (CostRows(columns, packed.get(k, {})) for k in _TABLES)
    return phases, reused, lost


def _table(
    costs: Mapping[str, Mapping[str, Measurement]],
) -> tuple[dict[str, int], dict[str, dict[str, list[float | None]]]]:
    """The columns by code, and the rows of each table; columns that are equal are kept once."""
    every = [cost for table in costs.values() for cost in table.values()]
    places: dict[tuple[float | None, ...], int] = {}
    columns: dict[str, int] = {}
    for name, code in _CODES.items():
        column = tuple(_rounded(getattr(cost, name)) for cost in every)
        if any(value != getattr(Measurement, name) for value in column):  # its default
            columns[code] = places.setdefault(column, len(places))
    rows = iter([column[at] for column in places] for at in range(len(every)))
    return columns, {key: {name: next(rows) for name in table} for key, table in costs.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


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


class ToldBill(NamedTuple):
    """What a running trial has paid so far, for other drivers; in the storage a list."""

    gpu_seconds: float
    boot: str  # of which kernel the clock is
    monotonic: float  # when that was, in seconds
    devices: int  # that it holds
    allowed: float | None = None  # GPU-seconds at which it is ended; None: no budget ends it


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
