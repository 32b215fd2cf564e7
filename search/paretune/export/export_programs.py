"""Asks the worker's side, which the engine never imports, for what only it can tell of a trial."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretune.errors import ExportError
from paretune.export.exported_config import SplitScore


@dataclass(frozen=True)
class WorkerFiles:
    """What `paretune.worker.export_files` has written, by its path below the export's folder."""

    sources: Sequence[str]
    versions: Mapping[str, str]  # of the user's modules
    scripts: Sequence[str]
    networks: Mapping[str, Mapping[str, float]]  # file -> its test score
    missing: Mapping[str, str]  # format -> why it was not written


def write_worker_files(
    trial: Path, out: Path, *, title: str, formats: Sequence[str]
) -> WorkerFiles:
    """The sources, the training script and the networks of a trial. Raises ExportError."""
    arguments = [str(trial), str(out), "--title", title]
    for name in formats:
        arguments += ["--format", name]
    answer = _asked("paretune.worker.export_files", arguments, f"the files of {trial}")
    return WorkerFiles(**json.loads(answer[-1]))


def scores_on_test(
    models: Sequence[Path],
    data: Mapping[str, Any],
    *,
    test_data: Path | None,  # write the test images there
    all_data: Path | None,  # write all images there
) -> list[SplitScore]:
    """What each .tflite file scores on the test part of a study's data. Raises ExportError."""
    arguments = [*map(str, models), "--data", json.dumps(dict(data)), "--split", "test"]
    arguments += [] if test_data is None else ["--write", str(test_data)]
    arguments += [] if all_data is None else ["--write-all", str(all_data)]
    program = "paretune.trainables.tflite.score_file"
    answer = _asked(program, arguments, f"the test accuracy of {models[0]}")
    return [SplitScore.model_validate_json(line) for line in answer[-len(models) :]]


def _asked(program: str, arguments: Sequence[str], what: str) -> list[str]:
    # -P: a paretune.py in the current folder is not ours.
    run = subprocess.run(
        [sys.executable, "-P", "-m", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # a study may have the GPUs
        check=False,
    )
    if run.returncode != 0:
        reason = run.stderr.strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
        raise ExportError(f"{what} cannot be computed: {reason[0]}")
    return run.stdout.strip().splitlines()
