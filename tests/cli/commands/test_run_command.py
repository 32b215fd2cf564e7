"""`paretune run` as a user runs it: a process of its own, real trials of a small trainable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

TRAINABLE = """
import os, signal, time

def train(params, context):
    for epoch in range(1, 3):
        context.report(epoch, accuracy=params["x"] * epoch / 2)
    return {"accuracy": params["x"], "model_kib": 10.0 * params["x"]}

def fails(params, context):
    raise RuntimeError("no such layer: conv9")

def waits(params, context):
    context.report(1, accuracy=0.5)
    signal.pause()
"""
SPACE = """
[x]
type = "float"
low = 0.1
high = 1.0
"""
STUDY = """
name = "small"
space = "space.toml"
trainable = "mine:train"
objectives = {accuracy = "maximize", model_kib = "minimize"}
budget = {trials = 4}

[[baseline]]
x = 0.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder: a module, a space and a study."""
    (tmp_path / "mine.py").write_text(TRAINABLE, encoding="utf-8")
    (tmp_path / "space.toml").write_text(SPACE, encoding="utf-8")
    (tmp_path / "small.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def command(folder: Path, *arguments: str) -> list[str]:
    url = f"sqlite:///{folder / 'store' / 'studies.db'}"
    return [sys.executable, "-m", "paretune", *arguments, "--storage", url]


def paretune(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command from an empty folder; nothing may be left there."""
    here = folder / "here"
    here.mkdir(exist_ok=True)
    done = subprocess.run(
        command(folder, *arguments),
        cwd=here,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not list(here.iterdir())
    return done


def trials(folder: Path) -> list[dict[str, Any]]:
    done = paretune(folder, "trials", "small", "--format", "json")
    return list(json.loads(done.stdout)["trials"])


def workers(folder: Path) -> list[int]:
    """The processes that train for studies of this folder: what they print goes to a file there."""
    return [process.pid for process in psutil.process_iter() if str(folder) in output_of(process)]


def output_of(process: psutil.Process) -> str:
    try:
        return os.readlink(f"/proc/{process.pid}/fd/1")
    except OSError:
        return ""


def test_run_to_the_budget_and_on(folder: Path) -> None:
    """Piped: a line a trial, then the front. Again: nothing to do. A larger total: it goes on."""
    study = str(folder / "small.toml")
    first = paretune(folder, "run", study)
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert sum(line.startswith("trial ") and "completed" in line for line in lines) == 4
    assert "trial 0 (baseline 1) completed: accuracy 0.5000, model_kib 5" in lines[0]
    assert "small: the front of 4 trials" in first.stdout
    assert "all 4 trials of the budget have been run" in first.stdout
    assert not workers(folder)
    assert "paretune export small" in first.stdout
    again = paretune(folder, "run", study)
    assert again.returncode == 0
    assert len(trials(folder)) == 4
    module = folder / "mine.py"
    module.write_text(TRAINABLE.replace('10.0 * params["x"]', '100.0 * params["x"]'))
    refused = paretune(folder, "run", study, "--trials", "5")
    assert refused.returncode == 2
    assert "--accept-changed-code is needed: code changed after 4 trials" in refused.stderr
    assert len(trials(folder)) == 4
    more = paretune(folder, "run", study, "--trials", "5", "--accept-changed-code")
    assert "its code has changed: 4 trials ran with another version" in more.stdout
    assert more.returncode == 0
    assert [entry["status"] for entry in trials(folder)] == ["completed"] * 5


def test_export_and_train_again_without_a_model_file(folder: Path) -> None:
    """A trainable that leaves no model.tflite is exported as its configuration, which trains."""
    assert paretune(folder, "run", str(folder / "small.toml")).returncode == 0
    out = folder / "chosen"
    done = paretune(folder, "export", "small", "--best", "accuracy", "--out", str(out))
    assert done.returncode == 0, done.stderr
    best = max(trials(folder), key=lambda entry: entry["values"]["accuracy"])
    assert f"trial {best['number']}" in done.stdout
    assert {path.name for path in out.iterdir()} == {"config.toml", "MODEL_CARD.md", "code"}
    assert "has left no `model.tflite`" in (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    here = folder / "here"
    again = subprocess.run(
        [sys.executable, "-m", "paretune", "train", str(out / "config.toml")],
        cwd=here,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    (row,) = [line for line in again.stdout.splitlines() if line.startswith("accuracy")]
    assert row.split()[-1] == "1.000"


def test_ctrl_c_ends_cleanly(folder: Path) -> None:
    """Exit code 130, the running trial is marked, no process is left, the next call goes on."""
    study = folder / "small.toml"
    study.write_text(STUDY.replace("mine:train", "mine:waits"), encoding="utf-8")
    with subprocess.Popen(
        command(folder, "run", str(study), "--devices", "1"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        reports = folder / "store" / "studies.db.files" / "small" / "trial-00000" / "reports.jsonl"
        while not (reports.exists() and '"report"' in reports.read_text(encoding="utf-8")):
            assert process.poll() is None
            time.sleep(0.05)
        begun = workers(folder)
        process.send_signal(signal.SIGINT)
        assert len(begun) > 1  # the warm parent and the trial
        assert process.wait(60) == 130
        assert process.stdout is not None
        assert "interrupted; the same command goes on from here" in process.stdout.read()
    assert not workers(folder)
    assert [entry["status"] for entry in trials(folder)] == ["interrupted"]


def test_no_completed_trial_is_no_success(folder: Path) -> None:
    """Exit code 1 where trials ran and none completed; the line says where the reasons are."""
    study = folder / "small.toml"
    text = STUDY.replace("mine:train", "mine:fails").replace("trials = 4", "trials = 2")
    study.write_text(text, encoding="utf-8")
    done = paretune(folder, "run", str(study))
    assert done.returncode == 1
    assert "no trial has completed" in done.stdout
    assert done.stderr == ""


def test_refused_run_leaves_no_study(folder: Path) -> None:
    """A trainable that is not there is told before the study counts as begun."""
    study = folder / "small.toml"
    study.write_text(STUDY.replace("mine:train", "mine:missing"), encoding="utf-8")
    done = paretune(folder, "run", str(study))
    assert done.returncode == 2
    assert "has no 'missing'" in done.stderr
    assert "none" in paretune(folder, "list").stdout.splitlines()[-1]


def test_study_in_which_every_trial_fails_alike_is_halted(folder: Path) -> None:
    """Exit code 1, one line with the common reason, instead of a budget burnt."""
    study = folder / "small.toml"
    text = STUDY.replace("mine:train", "mine:fails").replace("trials = 4", "trials = 40")
    study.write_text(text, encoding="utf-8")
    done = paretune(folder, "run", str(study))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("paretune: ")
    assert "no such layer: conv9" in line
    assert len(trials(folder)) < 10
