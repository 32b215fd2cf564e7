"""What configurations cost from scratch and what the search paid: both shown, never mixed."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from command_line import said
from fabricated import Made, fabricate
from paretune.api.result import Result
from paretune.cli.commands.run_command import _conclude
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import StudyState, Summary
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.outcome import Status

# Trial 1 took 20 of its 21 seconds of training from trial 0.
SHARING = (
    Made(0.97, 20.0),
    Made(0.98, 1.0, params={"bits": 8}, reused=20.0),
    Made(seconds=4.0, status=Status.DIVERGED, error="loss is nan", model=None),
)
WORTH, SPENT = 20.0 + 21.0, 20.5 + 1.5 + 4.5
LINES = (
    "spent 26.50 core-seconds on 3 trials: 21.00 on 2 configurations, 1.500 on start, set-up and "
    "scoring, 4.000 on trials that did not complete",
    "sharing stages saved 20.00 of the 41.00 that 2 configurations take from scratch",
)
WITHOUT_SECONDS = {"accuracy": "maximize", "model_kib": "minimize"}


@pytest.fixture
def url(storage_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A storage with the study of SHARING, and a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    fabricate(storage_url, tmp_path, SHARING)
    return storage_url


@pytest.mark.parametrize("command", ["front", "trials"])
def test_tables_end_with_both_totals(
    capsys: pytest.CaptureFixture[str], url: str, command: str
) -> None:
    """All that was paid and where it went, failures included, and what sharing has saved."""
    lines = said(capsys, command, "digits", "--storage", url).splitlines()
    assert " ".join(" ".join(lines).split()).endswith(" ".join(LINES))
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", ["front", "trials"])
def test_a_trial_that_took_its_training_is_marked(
    capsys: pytest.CaptureFixture[str], url: str, command: str
) -> None:
    """Its row has its cost and, with a star, what it paid; who paid all alone has no star."""
    text = said(capsys, command, "digits", "--storage", url)
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line[:1].isdigit()}
    assert {"21.00", "*1.500"} <= set(rows["1"])
    assert {"20.00", "20.50"} <= set(rows["0"])
    assert "*: a stage was there already" in " ".join(text.split())
    if command == "trials":
        assert rows["2"][-1] == "4.500"


def test_no_star_is_explained_where_none_is(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path
) -> None:
    """A study that shares nothing has no note on stars."""
    fabricate(storage_url, tmp_path, SHARING[:1])
    text = said(capsys, "trials", "digits", "--storage", storage_url)
    assert "*" not in text
    assert "spent 20.50 core-seconds on 1 trial: 20.00 on 1 configuration, 0.5000 on" in text
    assert "from scratch" not in text  # what it took is what it takes


@pytest.mark.parametrize("command", ["front", "trials"])
def test_cost_is_shown_where_it_is_no_objective(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path, command: str
) -> None:
    """A search that looks at other figures still says what its configurations cost."""
    fabricate(storage_url, tmp_path, SHARING, objectives=WITHOUT_SECONDS)
    text = said(capsys, command, "digits", "--storage", storage_url)
    (row,) = [line.split() for line in text.splitlines() if line.startswith("1 ")]
    assert row[-2:] == ["21.00", "*1.500"]
    if command == "trials":  # a failed trial is no configuration
        (failed,) = [line.split() for line in text.splitlines() if line.startswith("2 ")]
        assert failed == ["2", "diverged", "4.500"]


def test_json_has_both(capsys: pytest.CaptureFixture[str], url: str) -> None:
    """Totals under `spent`, and each trial's own."""
    record = json.loads(said(capsys, "front", "digits", "--storage", url, "--format", "json"))
    assert record["spent"]["gpu_seconds"] == SPENT
    assert record["spent"]["configurations_gpu_seconds"] == WORTH
    entry = record["front"][0]
    assert (entry["number"], entry["values"]["gpu_seconds"]) == (1, 21.0)
    assert entry["spent_gpu_seconds"] == 1.5
    text = said(capsys, "trials", "digits", "--storage", url, "--format", "json")
    measurement = json.loads(text)["trials"][1]["measurement"]
    costs = {name: measurement[name]["gpu_seconds"] for name in ("cost", "spent")}
    assert costs == {"cost": 21.0, "spent": 1.5}
    assert measurement["reused"]["train"]["gpu_seconds"] == 20.0


@pytest.mark.parametrize("command", ["front", "trials"])
def test_csv_has_both(capsys: pytest.CaptureFixture[str], url: str, command: str) -> None:
    """Cost, what was paid and what was taken from others are columns."""
    text = said(capsys, command, "digits", "--storage", url, "--format", "csv")
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["number"] == "1")
    names = ("gpu_seconds", "spent_gpu_seconds", "reused_gpu_seconds")
    assert [float(row[name]) for name in names] == [21.0, 1.5, 20.0]


def test_a_study_in_which_nothing_completed(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path
) -> None:
    """What failures have cost is told all the same."""
    fabricate(storage_url, tmp_path, SHARING[2:])
    text = said(capsys, "trials", "digits", "--storage", storage_url)
    assert "spent 4.500 core-seconds on 1 trial: 0.5000 on start, set-up and scoring" in text


def test_run_ends_with_both(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last lines of a run say what was paid, where it went, and what sharing has saved."""
    loaded = load_study("digits", url)
    _conclude(Result(loaded, _summary(loaded)), url)
    text = capsys.readouterr().out
    spent, saved = LINES
    assert spent.replace("spent 26.50", "spent 26.50 of 600.0") in text
    assert saved in text
    assert re.search(r"^1 .*21\.00 .*\*1\.500", text, re.MULTILINE)


def test_a_run_says_what_is_gained_before_what_it_took(
    storage_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against each baseline; then the budget, the bill and what to type next."""
    trials = (Made(0.95, 20.0, kib=340.0, baseline=1), Made(0.96, 4.0, kib=20.0))
    fabricate(storage_url, tmp_path, trials)
    loaded = load_study("digits", storage_url)
    _conclude(Result(loaded, _summary(loaded)), storage_url)
    lines = capsys.readouterr().out.splitlines()
    (gained,) = [i for i, line in enumerate(lines) if line.startswith("trial 1 (accuracy 0.9600)")]
    assert lines[gained] == (
        "trial 1 (accuracy 0.9600) replaces baseline 1 (accuracy 0.9500): core-seconds 4.000, not "
        "20.00 (5x less); model 20.00, not 340.0 KiB (17x less)"
    )
    assert lines[gained + 1] == "all trials have been run; trials: 2 completed"
    assert lines[gained + 2].startswith("spent 25.00 of 600.0 core-seconds on 2 trials: 24.00 on")
    assert lines[-2] == f"look: paretune report digits --storage {storage_url}"
    assert lines[-1].startswith("take one: paretune export digits --rule knee")


def _summary(loaded: LoadedStudy) -> Summary:
    spec: StudySpec = loaded.spec
    state = StudyState(
        name=spec.name,
        objectives=list(spec.objectives.names),
        device_kind=loaded.device_kind,
        devices=1,
        leased=0,
        running=(),
        finished={"completed": 2, "diverged": 1},
        spent_gpu_seconds=loaded.spent_gpu_seconds,
        budget_gpu_seconds=600.0,
        budget_trials=30,
        front=loaded.front,
        wall_seconds=30.0,
        left_seconds=0.0,
    )
    return Summary(spec.name, "all trials have been run", False, state)
