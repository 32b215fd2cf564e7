"""A trial as tables and JSON show it."""

from __future__ import annotations

import json
from dataclasses import replace

import optuna
import pytest
from paretune.study.storage.load_study import load_study
from paretune.trial.record import TrialRecord


@pytest.fixture
def records(made_study: optuna.Study, storage_url: str) -> list[TrialRecord]:
    """Of fabricated.TRIALS."""
    return list(load_study(made_study.study_name, storage_url).records)


def test_files_are_those_that_are_there(records: list[TrialRecord]) -> None:
    """A model that was deleted, or a folder on another machine, has no path."""
    record = records[0]
    assert record.model is not None
    assert record.log is not None
    assert record.directory is not None
    (record.directory / "model.tflite").unlink()
    assert record.model is None
    assert replace(record, directory=None).log is None
    assert records[5].model is None  # it has no values: whatever lies there is no product


def test_the_entry_of_a_front_is_part_of_the_full_one(records: list[TrialRecord]) -> None:
    """Both are JSON without NaN; a failed trial has both."""
    for record in records:
        full = record.full_entry()
        assert record.entry().items() <= full.items()
        assert json.loads(json.dumps(full, allow_nan=False)) == full
    assert records[5].full_entry()["error"] == "loss is nan at epoch 1"


def test_it_shows_itself_in_a_line(records: list[TrialRecord]) -> None:
    """Number, end and figures, for a notebook or a debugger."""
    assert repr(records[0]).startswith("TrialRecord(0, completed: accuracy 0.99, gpu_seconds 20")
    assert repr(records[5]) == "TrialRecord(5, diverged)"
    assert repr(replace(records[5], status=None)) == "TrialRecord(5, running)"
