"""Measurements of a trial's phases as rows of numbers: what is asked for is made of them then.

A large study has some ten measurements a trial, and of most of them only seconds are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add

from paretune.measure import Measurement

_SECONDS = "gpu_seconds"


class CostRows(Mapping[str, Measurement]):
    """By phase."""

    def __init__(
        self, columns: Mapping[str, int], rows: Mapping[str, Sequence[float | None]]
    ) -> None:
        """`columns`: fields of a Measurement, each with its place in a row; rows by phase."""
        self._columns = columns
        self._rows = rows

    def __getitem__(self, phase: str) -> Measurement:
        row = self._rows[phase]
        return Measurement(**{name: row[place] for name, place in self._columns.items()})  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def gpu_seconds(self) -> dict[str, float]:
        """By phase."""
        place = self._columns.get(_SECONDS)
        if place is None:
            return dict.fromkeys(self._rows, 0.0)
        return {name: row[place] or 0.0 for name, row in self._rows.items()}


def gpu_seconds_of(phases: Mapping[str, Measurement]) -> dict[str, float]:
    """GPU-seconds by phase."""
    if isinstance(phases, CostRows):
        return phases.gpu_seconds()
    return {name: cost.gpu_seconds for name, cost in phases.items()}


def total_seconds(parts: Iterable[float]) -> float:
    """Added in order, as `Measurement.total` adds: equal to the last digit."""
    return reduce(add, parts, 0.0)
