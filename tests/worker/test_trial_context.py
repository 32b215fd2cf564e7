"""What a trainable is given, with a meter whose counters the test turns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from paretune.measure import Snapshot
from paretune.measure.devices import Device
from paretune.measure.replay_meter import ReplayMeter
from paretune.trainables import Diverged, Stage, StopTrial
from paretune.trial.files import REPORTS, STOP
from paretune.trial.job import Job
from paretune.worker.checked_metrics import ContractBroken
from paretune.worker.trial_context import TrialContext, UndeclaredParameter, VisibleParams


@pytest.fixture
def context(tmp_path: Path) -> TrialContext:
    """Of a trial on one core; each look at its meter comes a second after the one before."""
    job = Job(number=3, trainable="t:t", params={}, directory=str(tmp_path), seed=7)
    meter = ReplayMeter(Snapshot(float(second), cpu_seconds=float(second)) for second in range(50))
    return TrialContext(job.on([Device("cpu:0", "cpu-core")]), meter)


def told(folder: Path, kind: str) -> list[dict[str, Any]]:
    records = map(json.loads, (folder / REPORTS).read_text().splitlines())
    return [record for record in records if record["kind"] == kind]


def test_a_report_is_in_the_file_at_once(context: TrialContext, tmp_path: Path) -> None:
    """Numbers of any kind become plain ones; the process may be killed the next moment."""
    np = pytest.importorskip("numpy")
    context.report(1, loss=np.float32(0.5), examples=3)
    (report,) = told(tmp_path, "report")
    assert (report["epoch"], report["metrics"]) == (1, {"loss": 0.5, "examples": 3})


def test_a_report_that_is_no_number(context: TrialContext) -> None:
    """Text and truth values are mistakes of the trainable's, told with the name."""
    for value in ("high", True, None):
        with pytest.raises(TypeError, match="loss is"):
            context.report(1, loss=value)  # type: ignore[arg-type]
    with pytest.raises(ContractBroken, match="gpu_seconds"):
        context.report(1, gpu_seconds=1.0)


def test_nan_ends_the_trial_and_the_rest_is_kept(context: TrialContext, tmp_path: Path) -> None:
    """It diverged; the metrics that are numbers are told before that."""
    with pytest.raises(Diverged, match="loss is nan at epoch 2"):
        context.report(2, loss=float("nan"), accuracy=0.1)
    assert told(tmp_path, "report")[0]["metrics"] == {"accuracy": 0.1}


def test_asked_to_stop_it_stops_at_its_next_report(context: TrialContext, tmp_path: Path) -> None:
    """With the reason it was given; that last report counts."""
    (tmp_path / STOP).write_text("dominated")
    with pytest.raises(StopTrial, match="dominated"):
        context.report(1, loss=0.5)
    assert len(told(tmp_path, "report")) == 1


def test_phases_nest_and_a_failure_closes_them(context: TrialContext, tmp_path: Path) -> None:
    """After an inner phase the outer one goes on, however the inner one has ended."""

    def train() -> None:
        with context.phase("train"):
            with context.phase("evaluate"):
                pass
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        train()
    assert [record["name"] for record in told(tmp_path, "phase")] == [
        "train",
        "evaluate",
        "train",
        None,
    ]


def test_a_stages_own_bill_begins_with_it(context: TrialContext, tmp_path: Path) -> None:
    """What the stage before has cost is not on it; its product has a folder of its own."""
    context.enter("train", None)
    with context.phase("train"):
        context.note(layers=3)
    context.enter("prune", context.output)
    assert context.inputs == tmp_path / "stages" / "train"
    assert context.output == tmp_path / "stages" / "prune"
    assert (context.stage_notes, context.notes) == ({}, {"layers": 3})
    with context.phase("prune"):
        pass
    phases = context.stage_phases()
    assert "train" not in phases
    assert phases["prune"].wall_seconds == 1.0


def test_artifacts_are_plain_files_of_the_trial(context: TrialContext, tmp_path: Path) -> None:
    """Bytes or a copied file, whole or not at all; a name that leads elsewhere is refused."""
    source = tmp_path / "source.bin"
    source.write_bytes(b"two")
    assert context.save_artifact(b"one", "a.bin").read_bytes() == b"one"
    assert context.save_artifact(source, "a.bin").read_bytes() == b"two"
    for name in ("../a.bin", "folder/a.bin", ".hidden"):
        with pytest.raises(ValueError, match="give a plain file name"):
            context.save_artifact(b"", name)
    assert {path.name for path in tmp_path.iterdir()} == {"a.bin", "source.bin", REPORTS}


def test_a_checkpoint_is_written_only_where_it_is_wanted(context: TrialContext) -> None:
    """Nobody pays for a state that nobody keeps; a kept one is removed after it was taken."""
    kept = []
    context.enter("train", None)
    context.checkpoint(1, lambda folder: pytest.fail("nobody asked"), {})
    context.on_checkpoint(
        lambda reached, folder, metrics: kept.append((reached, (folder / "w").read_text())), {2}
    )
    for reached in (1, 2, 3):
        context.checkpoint(reached, lambda folder: (folder / "w").write_text("weights"), {})
    assert kept == [(2, "weights")]
    assert not (context.directory / "stages" / "at-2").exists()


def test_a_stage_sees_what_it_declares() -> None:
    """Another parameter of the trial is an error, not a missing key; one that is nowhere is."""
    seen = VisibleParams(
        {"lr": 0.1, "bits": 8}, Stage("train", lambda params, context: {}, ("lr",))
    )
    assert dict(seen) == {"lr": 0.1}
    assert seen.get("momentum", 0.9) == 0.9
    for read in (lambda: seen["bits"], lambda: seen.get("bits"), lambda: "bits" in seen):
        with pytest.raises(UndeclaredParameter, match="'train' reads 'bits'"):
            read()
