"""`front`, `trials`, `list` and `devices`: what they print, and the JSON that scripts rely on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import fabricated
import optuna
import pytest
from paretune import __version__
from paretune.cli import main

pytestmark = pytest.mark.usefixtures("made_study")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that succeeds prints."""
    assert main(list(arguments)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def as_object(capsys: pytest.CaptureFixture[str], command: str, url: str) -> dict[str, Any]:
    return dict(json.loads(said(capsys, command, "digits", "--storage", url, "--format", "json")))


def test_front_json_is_the_contract(capsys: pytest.CaptureFixture[str], storage_url: str) -> None:
    """One object: study, objectives, device kind, both costs, and the front in order."""
    record = as_object(capsys, "front", storage_url)
    assert set(record) == {"study", "objectives", "device_kind", "spent", "front"}
    assert record["study"] == "digits"
    assert record["objectives"][:2] == [
        {"name": "accuracy", "direction": "maximize"},
        {"name": "gpu_seconds", "direction": "minimize"},
    ]
    assert record["device_kind"] == "cpu-core"
    assert record["spent"] == {
        "gpu_seconds": sum(made.seconds + 0.5 for made in fabricated.TRIALS),
        "configurations_gpu_seconds": sum(made.seconds for made in fabricated.TRIALS[:5]),
        "trials": {"completed": 5, "diverged": 1, "out_of_memory": 1},
    }
    assert [entry["number"] for entry in record["front"]] == fabricated.FRONT
    first = record["front"][0]
    assert {"number", "params", "values", "metrics", "model"} <= set(first)
    assert first["values"] == {
        "accuracy": 0.99,
        "gpu_seconds": 20.0,
        "peak_memory_mib": 120.0,
        "model_kib": 369.0,
    }
    assert first["params"] == fabricated.PARAMS
    assert first["metrics"]["loss"] == 0.1
    assert Path(first["model"]).read_bytes() == b"not a real model"


def test_trials_json_is_the_contract(capsys: pytest.CaptureFixture[str], storage_url: str) -> None:
    """Every trial has the front's entry and its status, baseline, measurement, error and log."""
    record = as_object(capsys, "trials", storage_url)
    assert set(record) == {"trials"}
    entries = record["trials"]
    assert [entry["status"] for entry in entries] == [m.status.value for m in fabricated.TRIALS]
    assert [entry["baseline"] for entry in entries] == [1] + [None] * 6
    failed = entries[5]
    assert failed["values"] is None
    assert failed["model"] is None
    assert failed["error"] == "loss is nan at epoch 1"
    assert Path(failed["log"]).read_text(encoding="utf-8") == "log of trial 5\n"
    assert failed["measurement"]["spent"]["gpu_seconds"] == 10.5
    assert set(failed["measurement"]["phases"]) == {"start", "train"}
    assert entries[0]["error"] is None


def test_infinite_values_of_another_tool_are_null(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """JSON has no infinity; a strict parser must not choke on a foreign trial."""
    made_study.tell(made_study.ask(), [0.5, float("inf"), 1.0, 1.0])
    text = said(capsys, "trials", "digits", "--storage", storage_url, "--format", "json")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    entry = json.loads(text, parse_constant=refuse)["trials"][-1]
    assert entry["values"]["gpu_seconds"] is None


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


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_plot_writes_the_picture(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path, ending: str
) -> None:
    """--plot draws beside the table, as the file's ending says."""
    target = tmp_path / "new" / f"front.{ending}"
    said(capsys, "front", "digits", "--storage", storage_url, "--plot", str(target))
    head = {"png": b"\x89PNG", "svg": b"<?xml", "html": b"<"}[ending]
    assert target.read_bytes().lstrip().startswith(head)


def test_list_names_bundled_and_stored(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """Bundled studies and spaces, one's own studies, and how many are somebody else's."""
    optuna.create_study(storage=made_study._storage, study_name="foreign")
    text = said(capsys, "list", "--storage", storage_url)
    assert "bundled studies  digits, fashion_mnist, mnist" in text
    assert "bundled spaces   cnn" in text
    assert "digits  7 trials on cpu-core: accuracy, gpu_seconds" in text
    assert "and 1 that paretune did not run" in text


def test_list_before_the_first_study(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without any study of one's own it says what to type, and creates nothing."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "begin with `paretune run digits`" in said(capsys, "list")
    assert not (tmp_path / "data").exists()


def test_devices_says_what_a_device_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The devices by position, what gpu_seconds are here, and what each framework sees."""
    text = said(capsys, "devices")
    assert text.startswith("0  ")
    assert "gpu_seconds are" in text
    assert "TensorFlow: 2" in text
    assert "PyTorch: " in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the package's version and nothing else."""
    assert said(capsys, "--version") == f"paretune {__version__}\n"
