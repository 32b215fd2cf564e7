"""What trackers are told while a study runs, and that their failures cost nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from paretune import extras
from paretune.errors import MissingExtraError
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.track import tracking
from paretune.track.tracked_trial import TrackedTrial
from paretune.track.tracking import trackers
from small_study import TESTS, write_study


class Kept:
    """A tracker that remembers; it fails at the trial of that number."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.trials: list[TrackedTrial] = []
        self.fails_at = fails_at
        self.closed = False

    def log(self, trial: TrackedTrial) -> None:
        if len(self.trials) == self.fails_at:
            raise ConnectionError("no server\nat that address")
        self.trials.append(trial)

    def close(self) -> None:
        self.closed = True


def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracker: Kept, trials: int = 3
) -> tuple[Silent, int]:
    """A study with that tracker; its observer, and how many trials it completed."""
    monkeypatch.setattr(tracking, "require", lambda name, place: None)
    monkeypatch.setattr(tracking, "_mlflow", lambda uri: tracker)
    monkeypatch.syspath_prepend(str(TESTS))
    more = '[track]\nmlflow = "http://localhost:1"\n[train]\nextra = 7'
    path = write_study(tmp_path / "study", trials=trials, more=more)
    observer = Silent()
    summary = run_study(
        StudySpec.load(str(path)),
        storage_url=f"sqlite:///{tmp_path / 'studies.db'}",
        devices=1,
        observer=observer,
    )
    return observer, summary.state.finished["completed"]


def test_every_trial_is_told_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its parameters, its figures and what it paid, its log; and the end waits for it."""
    tracker = Kept()
    observer, completed = run(tmp_path, monkeypatch, tracker)
    assert [trial.number for trial in tracker.trials] == [0, 1, 2] == list(range(completed))
    assert tracker.closed
    for trial in tracker.trials:
        assert trial.params["extra"] == 7
        assert {"x", "gpu_count"} <= trial.params.keys()
        assert {"accuracy", "size", "gpu_seconds", "spent_gpu_seconds"} <= trial.figures.keys()
        assert trial.name == f"small-{trial.number}"
        assert trial.tags["paretune.status"] == "completed"
        assert "log.txt" in {path.name for path in trial.files}
    assert not [line for line in observer.messages if "[track]" in line]


def test_a_tracker_that_fails_costs_only_the_tracking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, in a line; the study ends as it would have."""
    tracker = Kept(fails_at=1)
    observer, completed = run(tmp_path, monkeypatch, tracker, trials=4)
    assert completed == 4
    said = [line for line in observer.messages if "[track]" in line]
    assert said == ["[track] mlflow fails, and is left out from now on: ConnectionError: no server"]


def test_the_end_of_a_run_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not answer is left behind, and that is said."""
    held = threading.Event()

    class Hangs(Kept):
        def log(self, trial: TrackedTrial) -> None:
            held.wait(60)

    monkeypatch.setattr(tracking, "LAST_SECONDS", 0.1)
    observer, _ = run(tmp_path, monkeypatch, Hangs(), trials=1)
    held.set()
    assert "[track] mlflow has not taken everything" in " ".join(observer.messages)


def test_a_tracker_that_is_not_installed_is_told_before_any_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it."""
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "wandb")
    spec = StudySpec.load("digits", ['track.wandb="project"'])
    with pytest.raises(MissingExtraError, match=r"\[track\] wandb needs wandb.*paretune\[wandb\]"):
        trackers(spec, tmp_path)
