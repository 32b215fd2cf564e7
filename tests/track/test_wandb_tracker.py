"""A trial as a run of Weights & Biases, offline; skipped where wandb is not installed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from any_tracked_trial import tracked
from paretune.track.wandb_tracker import WandbTracker

pytest.importorskip("wandb")


def test_offline_everything_is_kept_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run's file is written, to be sent by `wandb sync`; nothing is sent now."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    tracker = WandbTracker("project", tmp_path)
    tracker.log(tracked(tmp_path))
    tracker.close()
    (run,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    parts = (b"small-3", b"optimizer", b"epoch_loss", b"gpu_seconds")
    deadline = time.monotonic() + 60  # a process of W&B's own writes the file
    while not all(part in run.read_bytes() for part in parts) and time.monotonic() < deadline:
        time.sleep(0.05)
    content = run.read_bytes()
    for part in parts:
        assert part in content
