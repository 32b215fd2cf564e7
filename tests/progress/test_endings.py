"""How a trial has ended, in a line."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import optuna
import pytest
from paretune.progress.endings import ending, is_failure
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.outcome import Status


@pytest.fixture
def loaded(made_study: optuna.Study, storage_url: str) -> LoadedStudy:
    """The study of fabricated.TRIALS: 0 to 2 are the front, 4 breaks a constraint, 5 failed."""
    return load_study(made_study.study_name, storage_url)


def test_a_line_says_what_has_come_of_it(loaded: LoadedStudy) -> None:
    """Its values, and whether it is on the front or why it cannot be."""
    lines = [ending(record, loaded) for record in loaded.records]  # type: ignore[arg-type]
    assert lines[0].startswith("trial 0 (baseline 1) completed: accuracy 0.9900")
    assert lines[0].endswith(", on the front")
    assert not lines[3].endswith(", on the front")
    assert lines[4].endswith(", breaks a constraint")


def test_a_failure_has_its_reason_and_its_log(loaded: LoadedStudy) -> None:
    """In words; where nothing is known, it says so."""
    record = loaded.records[5]
    assert ending(record, loaded) == (  # type: ignore[arg-type]
        f"trial 5 diverged: loss is nan at epoch 1 (log: {record.log})"
    )
    bare = replace(record, outcome=None, directory=None)
    state = SimpleNamespace(front=())
    assert ending(bare, state) == "trial 5 diverged: no reason given"  # type: ignore[arg-type]


@pytest.mark.parametrize("status", Status)
def test_what_a_study_means_to_happen_is_no_failure(loaded: LoadedStudy, status: Status) -> None:
    """A trial that was stopped early has ended as it should."""
    record = replace(loaded.records[0], status=status)
    assert is_failure(record) is (status not in (Status.COMPLETED, Status.STOPPED))
