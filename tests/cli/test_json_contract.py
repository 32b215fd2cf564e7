"""The JSON that scripts rely on: names and shapes."""

from __future__ import annotations

import json
from pathlib import Path

import fabricated
import optuna
import pytest
from command_line import as_object, said

pytestmark = pytest.mark.usefixtures("made_study")


def test_front_json_is_the_contract(capsys: pytest.CaptureFixture[str], storage_url: str) -> None:
    """One object: study, objectives, device kind, both costs, the front in order, its noise."""
    record = as_object(capsys, "front", "digits", "--storage", storage_url)
    named = {"study", "objectives", "device_kind", "spent", "front", "points", "noise"}
    assert set(record) == named
    assert {figure["figure"] for figure in record["noise"]} == set(fabricated.SPEC["objectives"])
    assert [point["trial"] for point in record["points"]] == fabricated.FRONT
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
    record = as_object(capsys, "trials", "digits", "--storage", storage_url)
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
