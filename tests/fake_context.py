"""A context for trainables under test: folders and records, without processes and meters."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretune.trainables import Diverged, Trainable
from paretune.trial.outcome import finite


@dataclass
class FakeContext:
    directory: Path
    data: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    devices: tuple[str, ...] = ("cpu:0",)
    device_kind: str = "cpu-core"
    number: int = 0
    inputs: Path | None = None
    output: Path = Path()
    scratch: dict[str, Any] = field(default_factory=dict)
    reports: list[dict[str, float]] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    resumed: tuple[int, Path] | None = None
    kept: dict[int, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def report(self, epoch: int, **metrics: float) -> None:
        self.reports.append({"epoch": epoch, **metrics})
        for name, value in metrics.items():
            if not finite(value):
                raise Diverged(f"{name} is {value}")

    def checkpoint(
        self, reached: int, write: Callable[[Path], None], metrics: Mapping[str, float]
    ) -> None:
        self.kept[reached] = self.directory / f"at-{reached}"
        self.kept[reached].mkdir()
        write(self.kept[reached])

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.phases.append(name)
        yield

    def save_artifact(self, source: Path | bytes, name: str) -> Path:
        target = self.directory / name
        if isinstance(source, bytes):
            target.write_bytes(source)
        else:
            shutil.copyfile(source, target)
        return target

    def note(self, **facts: Any) -> None:
        self.notes.update(facts)


def run_chain(
    trainable: Trainable, params: Mapping[str, Any], context: FakeContext
) -> dict[str, float]:
    """Run the stages that apply, each seeing only what it declares. Returns the metrics."""
    metrics: dict[str, float] = {}
    for stage in trainable.stages:
        if not stage.when(params):
            continue
        visible = {name: params[name] for name in stage.declared(params)}
        context.output = context.directory / "stages" / stage.name
        context.output.mkdir(parents=True)
        metrics.update(stage.run(visible, context) or {})
        context.inputs = context.output
    return metrics
