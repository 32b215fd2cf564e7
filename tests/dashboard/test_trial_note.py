"""The notes of the front's trials."""

from __future__ import annotations

import optuna
from paretune.dashboard.trial_note import trial_note
from shown_studies import shown


def test_note_says_why_a_trial_is_on_the_front(made_study: optuna.Study, storage_url: str) -> None:
    """Its figures, what it is best at, and the command that exports it."""
    study = shown(storage_url)
    text = trial_note(study, study.front[0])
    assert "Baseline 1. On the front: " in text
    assert "the best in accuracy" in text
    assert "| accuracy ↑ | 0.9900 |" in text
    assert "`paretune export digits --trial 0 --out FOLDER`" in text


def test_note_of_others_says_where_they_stand(made_study: optuna.Study, storage_url: str) -> None:
    """One that is dominated, and one that breaks the constraint."""
    study = shown(storage_url)
    assert "Not on the front." in trial_note(study, study.records[3])
    assert "Breaks a constraint." in trial_note(study, study.records[4])
