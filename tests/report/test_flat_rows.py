"""Trials as rows of a table for other programs."""

from __future__ import annotations

from dataclasses import replace

import optuna
import pytest
from paretune.report.flat_rows import flat_rows
from paretune.study.storage.load_study import load_study
from paretune.trial.record import TrialRecord


@pytest.fixture
def records(made_study: optuna.Study, storage_url: str) -> list[TrialRecord]:
    """Of fabricated.TRIALS."""
    return list(load_study(made_study.study_name, storage_url).records)


def test_every_row_has_every_column(records: list[TrialRecord]) -> None:
    """Parameters and figures of any trial are columns of all; what is not there is None."""
    columns, rows = flat_rows(records)
    assert len(set(columns)) == len(columns)
    assert {len(row) for row in rows} == {len(columns)}
    first, failed = (dict(zip(columns, row, strict=True)) for row in (rows[0], rows[5]))
    assert (first["number"], first["status"], first["baseline"]) == (0, "completed", 1)
    assert (first["bits"], first["accuracy"], first["spent_gpu_seconds"]) == (32, 0.99, 20.5)
    assert (failed["status"], failed["accuracy"]) == ("diverged", None)
    assert failed["error"] == "loss is nan at epoch 1"


def test_a_figure_and_a_parameter_of_one_name_are_two_columns(records: list[TrialRecord]) -> None:
    """What was asked for and what was measured are not mixed up."""
    assert records[0].outcome is not None
    outcome = replace(records[0].outcome, metrics={**records[0].metrics, "width": 0.9})
    record = replace(records[0], outcome=outcome)
    columns, (row,) = flat_rows([record])
    found = dict(zip(columns, row, strict=True))
    assert (found["width"], found["width (measured)"]) == (1.0, 0.9)


def test_no_trials_have_no_rows() -> None:
    """The columns that do not depend on a study are there all the same."""
    columns, rows = flat_rows([])
    assert columns[0] == "number"
    assert rows == []
