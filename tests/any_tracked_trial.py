"""A trial as trackers are told of it, with every kind of content."""

from __future__ import annotations

from pathlib import Path

from paretune.track.tracked_trial import TrackedTrial
from paretune.trial.outcome import Status


def tracked(folder: Path, status: Status = Status.COMPLETED) -> TrackedTrial:
    """Trial 3 of the study "small": two epochs, one file."""
    (folder / "model.bin").write_bytes(b"weights")
    return TrackedTrial(
        study="small",
        number=3,
        status=status,
        params={"lr": 0.1, "optimizer": "adam", **{f"p{i}": i for i in range(120)}},
        figures={"accuracy": 0.75, "gpu_seconds": 2.5},
        curve=((1, {"loss": 2.0}), (2, {"loss": 1.0})),
        files=(folder / "model.bin",),
        tags={"paretune.status": status.value},
    )
