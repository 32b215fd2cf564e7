"""What came of a trial: a value whatever its end, and never without its cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from paretune.measure import OVERHEAD_PHASES, Measurement, cost_of
from paretune.measure.cost_rows import gpu_seconds_of, total_seconds

# Figures of every trial that the engine measures itself, all to be minimised.
MEASURED = (
    "gpu_seconds",
    "wall_seconds",
    "cpu_seconds",
    "peak_memory_mib",
    "total_memory_mib",
    "host_memory_mib",
    "energy_j",
)
# What the configuration's GPU-seconds cost by the study's [prices].
DOLLARS = "dollars"
# Names that a trainable may not give to a metric of its own.
RESERVED = (*MEASURED, DOLLARS)
# The note in which a trainable says how many images (or examples) its accuracy rests on.
VALIDATION_IMAGES = "validation_images"


class Status(StrEnum):
    """How a trial ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"  # early, because it would not have entered the front
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"  # over wall_seconds, or silent for report_seconds
    OVER_BUDGET = "over_budget"  # over its own or the study's GPU-seconds
    DIVERGED = "diverged"  # a loss or metric became NaN or infinite
    INTERRUPTED = "interrupted"  # killed from outside, or with the study
    FAILED = "failed"
    SKIPPED = "skipped"  # never started: predicted not to fit, or to cost too much


@dataclass(frozen=True)
class Outcome:
    """What came of a trial. It carries its cost whatever its status."""

    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)  # as the trainable reported them
    notes: Mapping[str, Any] = field(default_factory=dict)  # what it wants known beside numbers
    phases: Mapping[str, Measurement] = field(default_factory=dict)  # as they ran here
    # As they were measured when they ran for another trial: taken from the store, not paid again.
    reused: Mapping[str, Measurement] = field(default_factory=dict)
    error: str | None = None  # one line
    attempts: int = 1
    lost: Measurement | None = None  # paid for earlier attempts that came to nothing

    @cached_property
    def cost(self) -> Measurement:
        """What the configuration costs to train, prune and quantize, whoever paid for it."""
        return cost_of(merged(self.phases, self.reused))

    @cached_property
    def spent(self) -> Measurement:
        """What the search paid for it: every phase of every attempt, start-up included."""
        total = Measurement.total(self.phases.values())
        return total if self.lost is None else total + self.lost

    @cached_property
    def cost_gpu_seconds(self) -> float:
        """`cost.gpu_seconds`, without all else that was measured."""
        whole = gpu_seconds_of(self.phases)
        for name, seconds in gpu_seconds_of(self.reused).items():
            whole[name] = whole.get(name, 0.0) + seconds
        return total_seconds(s for name, s in whole.items() if name not in OVERHEAD_PHASES)

    @cached_property
    def spent_gpu_seconds(self) -> float:
        """`spent.gpu_seconds`, without all else that was measured."""
        ran = total_seconds(gpu_seconds_of(self.phases).values())
        return ran if self.lost is None else ran + self.lost.gpu_seconds

    def figures(self, price: float | None = None) -> dict[str, float]:
        """Every number an objective or a constraint may name; the measured ones win.

        Dollars are among them where a device-second has a `price`.
        """
        measured = {name: getattr(self.cost, name) for name in MEASURED}
        if price is not None:
            measured[DOLLARS] = price * self.cost.gpu_seconds
        return {**self.metrics, **{n: value for n, value in measured.items() if value is not None}}

    def to_json(self) -> dict[str, Any]:
        return {
            "status": self.status.value,
            "metrics": dict(self.metrics),
            "notes": dict(self.notes),
            "phases": {name: asdict(cost) for name, cost in self.phases.items()},
            "reused": {name: asdict(cost) for name, cost in self.reused.items()},
            "error": self.error,
            "attempts": self.attempts,
            "lost": None if self.lost is None else asdict(self.lost),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Outcome:
        phases = {name: Measurement.from_json(m) for name, m in record["phases"].items()}
        reused = {name: Measurement.from_json(m) for name, m in record["reused"].items()}
        lost = None if record["lost"] is None else Measurement.from_json(record["lost"])
        return cls(
            **{
                **record,
                "status": Status(record["status"]),
                "phases": phases,
                "reused": reused,
                "lost": lost,
            }
        )


def merged(
    one: Mapping[str, Measurement], other: Mapping[str, Measurement]
) -> dict[str, Measurement]:
    """Phases of both, those of the same name added."""
    result = dict(one)
    for name, cost in other.items():
        result[name] = result[name] + cost if name in result else cost
    return result


def finite(value: Any) -> bool:
    """Is it a real, finite number (a bool is not)?"""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )
