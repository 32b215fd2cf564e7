"""The study's note."""

from __future__ import annotations

from pathlib import Path

import fabricated
import optuna
from paretune.dashboard.study_note import study_note
from shown_studies import made_and_shown, shown


def test_note_shows_the_front_and_marks_baselines(
    made_study: optuna.Study, storage_url: str
) -> None:
    """The note names every front member, the baselines, the kind of device and what was spent."""
    text = study_note(shown(storage_url))
    front = text.partition("## Pareto front")[2].partition("## Baselines")[0]
    rows = [line for line in front.splitlines() if "adam" in line]
    assert [row.split()[1] for row in rows] == ["0", "1", "2"]
    assert "0 (baseline 1)" in rows[0]
    assert "cpu-core" in text
    assert "Spent 64.50 core-seconds on 7 trials: 41.00 on 5 configurations" in text
    assert "5 completed" in text
    assert "| accuracy ↑ | gpu_seconds ↓ |" in text
    assert "model_kib ↓ | spent | configuration |" in text
    assert "| 369 | 20.5 | optimizer adam" in rows[0]


def test_note_recommends_and_says_how_to_get_it(made_study: optuna.Study, storage_url: str) -> None:
    """The knee and the best of each objective, each with the command that exports it."""
    text = study_note(shown(storage_url)).partition("## Recommended")[2].partition("##")[0]
    rows = [line.split(" | ") for line in text.splitlines() if "paretune export" in line]
    choices = {row[0].removeprefix("| "): row[1] for row in rows}
    assert choices["the best in accuracy"] == "0"
    assert choices["the best in gpu_seconds"] == choices["the best in model_kib"] == "2"
    assert "the knee" in choices
    assert "`paretune export digits --best gpu_seconds --out FOLDER`" in text


def test_note_says_what_was_searched_and_for_how_much(
    made_study: optuna.Study, storage_url: str
) -> None:
    """The space, the constraint and the budget, as the study has them."""
    text = study_note(shown(storage_url))
    assert "Budget: 600.0 gpu seconds, 30.00 trials." in text
    assert "| bits | one of 32, 16, 8, 4 |" in text
    assert "| constraint | accuracy >= 0.9 |" in text


def test_note_of_a_study_without_a_front_says_so(storage_url: str, tmp_path: Path) -> None:
    """A study that has only failed has a note all the same."""
    _, failed = made_and_shown(storage_url, tmp_path, fabricated.TRIALS[5:])
    text = study_note(failed)
    assert "No trial keeps the study's constraints yet" in text
    assert "1 diverged, 1 out_of_memory" in text
