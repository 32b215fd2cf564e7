"""One trial as data: what it is told to do (`Assignment`) and what came of it (`Outcome`).

Both are frozen and cross process boundaries as JSON, in the trial's folder:

    assignment.json   what to do; written by the driver
    reports.jsonl     phases and epochs while it runs; appended by the worker
    result.json       the end, as the worker tells it; written beside its name, then renamed
    exit.json         how its process ended; written by the warm parent
    outcome.json      what the driver made of it, before it is told to the storage
    log.txt           everything the trial printed
    model.tflite      the product, if there is one
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from paretune.measure import Measurement, cost_of

ASSIGNMENT = "assignment.json"
REPORTS = "reports.jsonl"
RESULT = "result.json"
LOG = "log.txt"
EXIT = "exit.json"  # how the process ended; written by the warm parent
MODEL = "model.tflite"
METER = "meter.json"  # the bill so far, renewed every second by the driver
OUTCOME = "outcome.json"  # what the driver made of it, written before the storage is told
STOP = "stop"  # its presence asks the trial to end at its next report

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
class Limits:
    """The most one trial may take; None is no limit."""

    gpu_seconds: float | None = None
    wall_seconds: float | None = None
    host_memory_mib: float | None = None
    report_seconds: float | None = None  # the longest silence between two reports


@dataclass(frozen=True)
class Assignment:
    """Everything a worker needs to run one trial."""

    number: int
    trainable: str  # a bundled name or "package.module:function"
    params: Mapping[str, Any]  # [train] settings, overlaid by the sampled parameters
    devices: tuple[str, ...]  # device ids: "cpu:0", or a GPU's or MIG instance's UUID
    device_kind: str  # "cpu-core", or the GPU's name
    directory: str
    seed: int
    data: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()
    search_path: str | None = None  # folder of the study file: a module beside it is found
    store: str | None = None  # folder of the stage store; None: nothing is shared
    store_limit_mib: float | None = None
    origin: Mapping[str, Any] | None = (
        None  # paretune.stages.stage_keys.Origin; filled in by the executor
    )
    attempt: int = 1

    def write(self) -> None:
        write_json(Path(self.directory) / ASSIGNMENT, asdict(self))

    @classmethod
    def read(cls, directory: str | os.PathLike[str]) -> Assignment:
        record = json.loads((Path(directory) / ASSIGNMENT).read_text(encoding="utf-8"))
        record["devices"] = tuple(record["devices"])
        record["limits"] = Limits(**record["limits"])
        return cls(**record)


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

    @property
    def cost(self) -> Measurement:
        """What the configuration costs to train, prune and quantize, whoever paid for it."""
        return cost_of(merged(self.phases, self.reused))

    @property
    def spent(self) -> Measurement:
        """What the search paid for it: every phase of every attempt, start-up included."""
        total = Measurement.total(self.phases.values())
        return total if self.lost is None else total + self.lost

    def figures(self) -> dict[str, float]:
        """Every number an objective or a constraint may name; the measured ones win."""
        cost = asdict(self.cost)
        measured = {name: cost[name] for name in MEASURED if cost[name] is not None}
        return {**self.metrics, **measured}

    def to_json(self) -> dict[str, Any]:
        record = asdict(self)
        record["status"] = self.status.value
        return record

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


def write_json(path: Path, record: Any) -> None:
    """Write beside the name, then rename: a reader sees the old file or the new one, whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    beside.replace(path)


def finite(value: Any) -> bool:
    """Is it a real, finite number (a bool is not)?"""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(float(value))
    )
