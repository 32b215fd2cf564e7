"""`front` and `trials`: tables, CSV and pictures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command_line import said

pytestmark = pytest.mark.usefixtures("made_study")


@pytest.mark.parametrize(("command", "rows"), [("front", 3), ("trials", 7)])
def test_csv_has_a_row_a_trial(
    capsys: pytest.CaptureFixture[str], storage_url: str, command: str, rows: int
) -> None:
    """The CSV has one row a trial, with parameters and figures by name."""
    text = said(capsys, command, "digits", "--storage", storage_url, "--format", "csv")
    read = list(csv.DictReader(io.StringIO(text)))
    assert len(read) == rows
    assert read[1]["bits"] == "4"
    assert float(read[1]["accuracy"]) == 0.97


@pytest.mark.parametrize("command", ["front", "trials"])
def test_tables_fit_80_columns_and_name_the_device(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    storage_url: str,
    command: str,
) -> None:
    """A table is readable at 80 columns, marks baselines and says what a device is."""
    monkeypatch.setenv("COLUMNS", "80")
    text = said(capsys, command, "digits", "--storage", storage_url)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "baseline 1" in " ".join(text.split())
    assert "core-seconds" in text.replace("\n", " ")


def test_trials_table_gives_reason_and_log(
    capsys: pytest.CaptureFixture[str], storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed trial's row says why it failed and where its log is."""
    monkeypatch.setenv("COLUMNS", "400")
    text = said(capsys, "trials", "digits", "--storage", storage_url)
    assert "loss is nan at epoch 1" in text
    assert "trial-00005/log.txt" in text


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_plot_writes_the_picture(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path, ending: str
) -> None:
    """--plot draws beside the table, as the file's ending says."""
    target = tmp_path / "new" / f"front.{ending}"
    said(capsys, "front", "digits", "--storage", storage_url, "--plot", str(target))
    head = {"png": b"\x89PNG", "svg": b"<?xml"}[ending]
    assert target.read_bytes().lstrip().startswith(head)
