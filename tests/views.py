"""Studies made up for the report's tests: plain records, no storage and no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from paretune.front.measured_configurations import MeasuredConfiguration
from paretune.front.measured_front import MeasuredFront, front_of_configurations
from paretune.measure import Measurement
from paretune.pareto.objectives import Objectives
from paretune.pareto.selection import front_of
from paretune.spec.study_spec import StudySpec
from paretune.trial.outcome import Status
from paretune.trial.prediction import Prediction

FOUR = {
    "accuracy": "maximize",
    "gpu_seconds": "minimize",
    "peak_memory_mib": "minimize",
    "model_kib_compressed": "minimize",
}


@dataclass(frozen=True)
class Made:
    """One trial."""

    number: int
    values: Mapping[str, float] | None
    params: Mapping[str, Any] = field(default_factory=lambda: {"bits": 8, "optimizer": "adam"})
    status: Status | None = Status.COMPLETED
    metrics: Mapping[str, float] = field(default_factory=dict)
    baseline: int | None = None
    feasible: bool = True
    cost: Measurement = field(default_factory=lambda: Measurement(gpu_seconds=4.0))
    phases: Mapping[str, Measurement] = field(default_factory=dict)
    reused: Mapping[str, Measurement] = field(default_factory=dict)
    lost: Measurement | None = None
    prediction: Prediction | None = None
    spent: Measurement = field(default_factory=lambda: Measurement(gpu_seconds=5.0))
    seed: int | None = None
    validation_images: int | None = None
    saved: Mapping[str, float] | None = None
    error: str | None = None
    model: str | None = None
    log: str | None = None

    @property
    def cost_gpu_seconds(self) -> float:
        return self.cost.gpu_seconds

    @property
    def spent_gpu_seconds(self) -> float:
        return self.spent.gpu_seconds


@dataclass(frozen=True)
class View:
    """A study of such trials."""

    spec: StudySpec
    device_kind: str
    records: Sequence[Made]
    front: Sequence[Made]

    @cached_property
    def measured(self) -> MeasuredFront:
        completed = [record for record in self.records if record.values is not None]
        each = [MeasuredConfiguration((record,)) for record in completed]  # type: ignore[arg-type]
        return front_of_configurations(each, self.spec.objectives)


def study(
    records: Sequence[Made],
    objectives: Mapping[str, Literal["maximize", "minimize"]] = FOUR,  # type: ignore[assignment]
    device_kind: str = "cpu-core",
) -> View:
    digits = StudySpec.load("digits")
    bounds = digits.objectives.constraints
    ours = Objectives(tuple(objectives), tuple(objectives.values()), bounds)
    spec = replace(digits, objectives=ours)
    return View(spec, device_kind, records, front_of(records, spec.objectives))


def point(number: int, *figures: float, names: Sequence[str] = tuple(FOUR), **rest: Any) -> Made:
    return Made(number, dict(zip(names, figures, strict=False)), **rest)


def usual() -> View:
    """A front of three, a dominated trial, one outside a constraint, a failed and a running one."""
    return study(
        [
            point(
                0, 0.98, 100.0, 150.0, 340.0, baseline=1, params={"bits": 32, "optimizer": "adam"}
            ),
            point(1, 0.97, 10.0, 120.0, 80.0),
            point(2, 0.95, 3.0, 118.0, 20.0, params={"bits": 4, "optimizer": "adam"}),
            point(3, 0.94, 20.0, 160.0, 90.0, params={"bits": 16, "optimizer": "adam"}),
            point(
                4, 0.20, 1.0, 100.0, 10.0, feasible=False, params={"bits": 2, "optimizer": "adam"}
            ),
            Made(
                5,
                None,
                status=Status.OUT_OF_MEMORY,
                feasible=False,
                error="out of memory at 3,012 MiB",
                log="/a/rather/long/path/of/a/study/that/runs/somewhere/else/trials/5/log.txt",
            ),
            Made(6, None, status=None, feasible=False),
        ]
    )
