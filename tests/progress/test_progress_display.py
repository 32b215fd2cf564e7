"""What a user sees of a running study: the live screen, and the lines of a log."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from paretune.progress.progress_display import Lines, Screen, watch
from paretune.study.observer import RunningTrial, StudyState
from paretune.study.storage.load_study import load_study
from paretune.trial.outcome import Outcome, Status
from rich.console import Console

RUNNING = (
    RunningTrial(7, {}, None, ("cpu:0",), 4.2, 4.1, 3, {"loss": 0.21, "accuracy": 0.93}),
    RunningTrial(8, {}, 2, ("cpu:1",), 1.2, 1.1, None, {}),
)


@pytest.fixture
def state(made_study: optuna.Study, storage_url: str) -> StudyState:
    """The fabricated study in the middle of its budget, with two trials running."""
    loaded = load_study(made_study.study_name, storage_url)
    return StudyState(
        name="digits",
        objectives=list(loaded.spec.objectives.names),
        device_kind=loaded.device_kind,
        devices=2,
        leased=2,
        running=RUNNING,
        finished={"completed": 5, "diverged": 1, "out_of_memory": 1},
        spent_gpu_seconds=loaded.spent_gpu_seconds,
        budget_gpu_seconds=600.0,
        budget_trials=30,
        front=loaded.front,
        wall_seconds=83.0,
        left_seconds=250.0,
    )


def logged(made_study: optuna.Study, storage_url: str, state: StudyState) -> list[str]:
    console = Console(file=io.StringIO(), width=40)
    lines = Lines(console)
    for record in load_study(made_study.study_name, storage_url).records:
        lines.finished(record, state)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_log_has_one_line_a_trial(
    made_study: optuna.Study, storage_url: str, state: StudyState
) -> None:
    """Its values and whether it is on the front, or why it failed and its log; never broken."""
    lines = logged(made_study, storage_url, state)
    assert len(lines) == 7
    assert lines[0].startswith("trial 0 (baseline 1) completed: accuracy 0.9900, gpu_seconds 20")
    assert "on the front; 64.50 of 600.0 gpu_seconds on cpu-core" in lines[0]
    assert "front" not in lines[3]
    assert "breaks a constraint" in lines[4]
    assert lines[5].startswith("trial 5 diverged: loss is nan at epoch 1 (log: ")
    assert Path(lines[5].split("(log: ")[1].split(")")[0]).is_file()


def test_terminal_gets_the_screen_and_a_pipe_the_lines(
    made_study: optuna.Study, storage_url: str, state: StudyState
) -> None:
    """Failures scroll by above the screen; square brackets in a message are no markup."""
    with watch(Console(file=io.StringIO())) as observer:
        assert isinstance(observer, Lines)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=24, color_system=None)
    with watch(console) as observer:
        assert isinstance(observer, Screen)
        observer.tick(state)
        failed = load_study(made_study.study_name, storage_url).records[5]
        outcome = Outcome(Status.DIVERGED, error="no [/bold] tag")
        observer.finished(replace(failed, outcome=outcome), state)
        observer.message("study [digits] goes on")
    assert "no [/bold] tag" in file.getvalue()
    assert "study [digits] goes on" in file.getvalue()
