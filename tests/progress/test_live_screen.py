"""The live screen of a running study, at 80 columns and fewer."""

from __future__ import annotations

import io
from dataclasses import replace

import optuna
import pytest
from paretune.progress.live_screen import screen
from paretune.study.observer import RunningTrial, StudyState
from paretune.study.storage.load_study import load_study
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


def shown(state: StudyState, rows: int = 24, columns: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, height=rows)
    console.print(screen(state, rows=rows, columns=columns))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_screen_has_everything_at_80_columns(state: StudyState) -> None:
    """Trials, budget with the device's kind, time left, running trials and the front so far."""
    lines = shown(state)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert "2 x cpu-core (2 leased, 2 trials), 1:23 so far, about 4:10 left" in text
    assert "64.50 of 600.0 gpu_seconds on cpu-core" in text
    assert "7 of 30: 5 completed" in text
    assert "#7 epoch 3, 4.100 gpu_seconds, loss 0.2100, accuracy 0.9300" in text
    assert "#8 baseline 2 starting" in text
    assert "Pareto front: 3 configurations" in text
    assert "#0 baseline 1" in text
    for name in state.objectives:
        assert name in text


@pytest.mark.parametrize("rows", [12, 16, 24, 60])
def test_screen_never_outgrows_the_terminal(state: StudyState, rows: int) -> None:
    """A long front and many running trials are cut, and what is left out is counted."""
    crowded = replace(state, front=list(state.front) * 30, running=list(RUNNING) * 8)
    lines = shown(crowded, rows)
    assert len(lines) < rows
    assert "16 trials" in lines[0]
    assert "90 configurations" in "\n".join(lines)
    assert lines[-1].strip().startswith("and ")


def test_screen_of_a_study_that_has_just_begun(state: StudyState) -> None:
    """Nothing is running, nothing is known, nothing is bounded: it says so."""
    empty = replace(
        state,
        running=(),
        finished={},
        front=(),
        budget_trials=None,
        budget_gpu_seconds=None,
        left_seconds=None,
        spent_gpu_seconds=0.0,
    )
    text = "\n".join(shown(empty))
    assert "No trial is on the front yet" in text
    assert "no limit" in text
    assert " left" not in text


def test_long_names_stand_word_below_word(state: StudyState) -> None:
    """At 60 columns no name of an objective is broken within a word, nor is a line lost."""
    lines = shown(state, rows=14, columns=60)
    text = "\n".join(lines)
    assert len(lines) < 14
    for word in ("accuracy", "seconds", "memory", "mib", "kib"):
        assert word in text


def test_no_word_is_cut_at_80_columns(state: StudyState) -> None:
    """Many ways to end: the commonest are named, the others counted; labels stay whole."""
    ends = {"stopped": 20, "completed": 5, "diverged": 2, "out_of_memory": 1, "timed_out": 1}
    lines = shown(replace(state, finished=ends))
    assert "…" not in "\n".join(lines)
    assert [line.split()[0] for line in lines[1:3]] == ["budget", "trials"]
    assert lines[2].rstrip().endswith("29 of 30: 20 stopped, 5 completed, 4 other")


def test_nothing_runs_at_the_end(state: StudyState) -> None:
    """A study whose trials have all ended does not say that it has yet to begin."""
    assert any(line.split() == ["running", "nothing"] for line in shown(replace(state, running=())))
