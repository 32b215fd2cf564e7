"""An ended trial as a tracker is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from paretune.trial.files import LOG, REPORTS
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class TrackedTrial:
    """What a run of a tracker is made of."""

    study: str
    number: int
    status: Status
    params: Mapping[str, Any]
    figures: Mapping[str, float]  # of the configuration, and `spent_gpu_seconds` of the search
    curve: tuple[tuple[int, Mapping[str, float]], ...]  # (epoch, metrics), as it reported them
    files: tuple[Path, ...]  # its artifacts and its log
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """Of the run."""
        return f"{self.study}-{self.number}"

    @classmethod
    def of(
        cls, study: str, record: TrialRecord, params: Mapping[str, Any], device_kind: str
    ) -> TrackedTrial:
        """Of a trial that has ended; `params` are all that it was given."""
        status = record.status or Status.INTERRUPTED
        tags = {
            "paretune.study": study,
            "paretune.trial": str(record.number),
            "paretune.status": status.value,
            "paretune.device_kind": device_kind,
            "paretune.feasible": str(record.feasible).lower(),
        }
        if record.baseline is not None:
            tags["paretune.baseline"] = str(record.baseline)
        if record.error:
            tags["paretune.error"] = record.error
        return cls(
            study=study,
            number=record.number,
            status=status,
            params=params,
            figures={**record.metrics, "spent_gpu_seconds": record.spent.gpu_seconds},
            curve=_curve(record.directory),
            files=_files(record.directory),
            tags=tags,
        )


class Tracker(Protocol):
    """A tracker that has been opened. Any exception of its methods ends the tracking, no more."""

    def log(self, trial: TrackedTrial) -> None:
        """Write one trial, whole."""
        ...

    def close(self) -> None:
        """All trials have been written."""
        ...


def _curve(directory: Path | None) -> tuple[tuple[int, Mapping[str, float]], ...]:
    path = None if directory is None else directory / REPORTS
    if path is None or not path.is_file():
        return ()
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # the last line of a trial that was killed
            continue
        if record.get("kind") == "report":
            found.append((int(record["epoch"]), record["metrics"]))
    return tuple(found)


def _files(directory: Path | None) -> tuple[Path, ...]:
    if directory is None or not directory.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(directory.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and (path.name == LOG or path.suffix not in (".json", ".jsonl"))
        and path.name != "stop"
    )
