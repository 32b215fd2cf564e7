"""What a trainable is given: its lease, its folders, and the way to report.

Everything that is told goes to the trial's reports.jsonl, a line a record, flushed at once: a
trial that is killed the next moment has told it all the same.

    {"kind": "phase", "name": NAME | null, "snapshot": {...}}   NAME begins; the one before ends
    {"kind": "report", "epoch": N, "metrics": {...}, "seconds": monotonic}
    {"kind": "reused", "stage": NAME, "reached": N | null, "phases": {...}}
    {"kind": "waiting", "seconds": monotonic}         for a stage that another trial computes
    {"kind": "note", "facts": {...}}
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paretune.measure import Measurement, Meter
from paretune.measure.bill import Bill
from paretune.stages.stage_store import StoredStage
from paretune.text import visible_json
from paretune.trainables import Diverged, Stage, StopTrial
from paretune.trial.files import REPORTS, STOP
from paretune.trial.job import Assignment
from paretune.trial.outcome import finite
from paretune.worker.checked_metrics import as_number, check_names

LOOK_SECONDS = 0.1  # between two looks at the memory while a trial reports


class Reports:
    """The appending end of reports.jsonl."""

    def __init__(self, directory: Path) -> None:
        self._file = open(  # noqa: SIM115  # open for the life of the process
            directory / REPORTS, "a", encoding="utf-8", buffering=1
        )

    def write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(visible_json(record), allow_nan=False) + "\n")


class TrialContext:
    """The Context (paretune.trainables) of a real trial."""

    def __init__(self, assignment: Assignment, meter: Meter) -> None:
        self.number = assignment.number
        self.seed = assignment.seed
        self.directory = Path(assignment.directory)
        self.devices = assignment.devices
        self.device_kind = assignment.device_kind
        self.data = assignment.data
        self.inputs: Path | None = None
        self.output = self.directory
        self.scratch: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self._meter = meter
        self._looked = time.monotonic()
        self._reports = Reports(self.directory)
        self._phases: list[str] = []
        self._off_device = assignment.handed_over
        self._bill = self._new_bill()
        self._resumed: tuple[int, Path] | None = None
        self._keep: Callable[[int, Path, Mapping[str, float]], None] | None = None
        self._wanted: set[int] = set()
        self.stage_notes: dict[str, Any] = {}

    @property
    def resumed(self) -> tuple[int, Path] | None:
        """How far a stored run of this stage came, and what that left; None: begin anew."""
        return self._resumed

    def checkpoint(
        self, reached: int, write: Callable[[Path], None], metrics: Mapping[str, float]
    ) -> None:
        """Here the stage stands as if its prefix had been `reached`: keep that for others."""
        if reached not in self._wanted or self._keep is None:
            return
        with self.phase("store"):
            folder = self.directory / "stages" / f"at-{reached}"
            folder.mkdir(parents=True, exist_ok=True)
            write(folder)
            self._keep(reached, folder, metrics)
            shutil.rmtree(folder, ignore_errors=True)

    def report(self, epoch: int, **metrics: float) -> None:
        """Tell how far the trial is. Raises Diverged on NaN, StopTrial when it should end.

        Raises ContractBroken for the name of a figure that is measured.
        """
        check_names(metrics, "the trial reported")
        self._look()
        plain = {name: as_number(value) for name, value in metrics.items()}
        for name, value in plain.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"report: {name} is {value!r}, which is no number")
        bad = [name for name, value in plain.items() if not finite(value)]
        self._reports.write(
            {
                "kind": "report",
                "epoch": int(epoch),
                "metrics": {name: v for name, v in plain.items() if name not in bad},
                "seconds": time.monotonic(),
            }
        )
        if bad:
            raise Diverged(f"{bad[0]} is {plain[bad[0]]} at epoch {epoch}")
        if (self.directory / STOP).exists():
            raise StopTrial((self.directory / STOP).read_text(encoding="utf-8"))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what runs inside as a phase of its own, apart from the phase around it."""
        self._phases.append(name)
        self._mark(name)
        try:
            yield
        finally:
            self._phases.pop()
            self._mark(self._phases[-1] if self._phases else None)

    def save_artifact(self, source: Path | bytes, name: str) -> Path:
        """Keep a file with the trial under `name`; returns its path."""
        target = self.directory / name
        if target.parent != self.directory or name.startswith("."):
            raise ValueError(f"artifact name {name!r}: give a plain file name")
        beside = target.with_name(f".{name}.{os.getpid()}")
        if isinstance(source, bytes):
            beside.write_bytes(source)
        else:
            shutil.copyfile(source, beside)
        beside.replace(target)
        return target

    def note(self, **facts: Any) -> None:
        """Record JSON facts that are not metrics."""
        self._reports.write({"kind": "note", "facts": facts})
        self.notes.update(facts)
        self.stage_notes.update(facts)

    def enter(self, stage: str, previous: Path | None) -> None:
        """Make `stage` the running one; its product goes to a folder of its own."""
        self.inputs = previous
        self.output = self.directory / "stages" / stage
        self.output.mkdir(parents=True, exist_ok=True)
        self.stage_notes = {}
        self._bill = self._new_bill()
        self._resumed, self._keep, self._wanted = None, None, set()

    def resume_from(self, reached: int, folder: Path) -> None:
        """The stage may begin at the state in `folder`."""
        self._resumed = (reached, folder)

    def on_checkpoint(
        self, keep: Callable[[int, Path, Mapping[str, float]], None], wanted: set[int]
    ) -> None:
        """States of the stage at these values of its prefix are handed to `keep`."""
        self._keep, self._wanted = keep, wanted

    def stage_phases(self) -> dict[str, Measurement]:
        """What the running stage has cost so far, phase by phase."""
        return self._bill.close(at=self._meter.snapshot())

    def report_waiting(self) -> None:
        """Tell that another trial, which computes what this one waits for, has been heard of."""
        self._reports.write({"kind": "waiting", "seconds": time.monotonic()})

    def report_reused(self, entry: StoredStage, reached: int | None = None) -> None:
        """Tell that a stage, or its first part, was taken from the store, and what it had cost."""
        self._reports.write(
            {
                "kind": "reused",
                "stage": entry.stage,
                "reached": reached,
                "phases": {name: asdict(cost) for name, cost in entry.phases.items()},
            }
        )
        if entry.notes:
            self.note(**entry.notes)

    def _new_bill(self) -> Bill:
        snapshot = self._meter.snapshot()
        return Bill(snapshot, len(self.devices), off_device=self._off_device)

    def _look(self) -> None:
        """The more looks there are at the memory, the closer is its peak; but they take time."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._meter.snapshot()
            self._looked = time.monotonic()

    def _mark(self, name: str | None) -> None:
        snapshot = self._meter.snapshot()
        self._reports.write({"kind": "phase", "name": name, "snapshot": asdict(snapshot)})
        self._bill.mark(name, snapshot)
        self._meter.reset_peaks()


class VisibleParams(Mapping[str, Any]):
    """The parameters a stage declared. Reading another is an error, for the stage's stored
    product would then depend on something its key does not know.
    """

    def __init__(self, params: Mapping[str, Any], stage: Stage) -> None:
        self._visible = {name: params[name] for name in stage.declared(params)}
        self._stage = stage
        self._hidden = params.keys() - self._visible.keys()

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        return self._visible[name]

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return name in self._visible

    def __iter__(self) -> Iterator[str]:
        return iter(self._visible)

    def __len__(self) -> int:
        return len(self._visible)

    def _check(self, name: object) -> None:
        if name in self._hidden:
            raise UndeclaredParameter(
                f"stage {self._stage.name!r} reads {name!r}, which it does not declare; "
                f"add it to the stage's params {self._stage.params}"
            )


class UndeclaredParameter(Exception):
    """A stage read a parameter outside its declaration. (No KeyError: `get` would hide it.)"""
