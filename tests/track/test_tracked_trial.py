"""What is read of a trial for a tracker."""

from __future__ import annotations

from pathlib import Path

import optuna
from paretune.study.storage.load_study import load_study
from paretune.track.tracked_trial import TrackedTrial
from paretune.trial.files import REPORTS


def test_files_and_curve_of_a_trial(made_study: optuna.Study, storage_url: str) -> None:
    """Its product and its log, not what driver and worker tell each other; a broken line is no
    epoch."""
    record = load_study(made_study.study_name, storage_url).records[1]
    directory = record.directory
    assert directory is not None
    Path(directory, REPORTS).write_text(
        '{"kind": "report", "epoch": 1, "metrics": {"loss": 2.0}, "seconds": 1}\n'
        '{"kind": "phase", "name": null}\n'
        '{"kind": "report", "epoch": 2, "metr',
        encoding="utf-8",
    )
    trial = TrackedTrial.of("digits", record, record.params, "cpu-core")
    assert trial.curve == ((1, {"loss": 2.0}),)
    names = {path.name for path in trial.files}
    assert "model.tflite" in names
    assert not [name for name in names if name.endswith((".json", ".jsonl"))]
    assert trial.tags["paretune.trial"] == "1"
    assert trial.figures["spent_gpu_seconds"] == record.spent.gpu_seconds
