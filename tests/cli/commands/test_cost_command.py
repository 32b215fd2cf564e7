"""`cost`: what a study has paid, and how good its predictions were."""

from __future__ import annotations

import csv
import io
import json

import pytest
from command_line import complaint, said
from paretune.study.storage.load_study import load_study
from priced_study import GRID, priced_study


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of a dozen trials of known cost."""
    return priced_study(tmp_path_factory.mktemp("priced"))


def test_bill_in_json(capsys, url):
    """The total is the trials' sum; phases, money, and every prediction with its measured value."""
    record = json.loads(said(capsys, "cost", "digits", "--storage", url, "--format", "json"))
    spent = sum(r.spent.gpu_seconds for r in load_study("digits", url).records)
    ledger = record["ledger"]
    assert ledger["gpu_seconds"] == spent
    assert ledger["dollars"] == pytest.approx(spent * 0.0001)
    assert set(ledger["by_phase"]) == {"train", "start"}
    assert len(record["predictions"]) == len(GRID)
    score = record["scores"]["gpu_seconds"]
    assert score["trials"] == len(GRID) - 2  # the guesses do not count
    assert score["mean_error"] == pytest.approx(0.1, rel=1e-3)
    assert score["coverage"] == pytest.approx(0.5)


def test_bill_as_a_table(capsys, url):
    """For people: the total with its money, the phases, the trials and the marks explained."""
    out = said(capsys, "cost", "digits", "--storage", url)
    assert "gpu_seconds on cpu-core" in out
    assert "dollars" in out
    assert "outside the interval" in out
    assert "train" in out


def test_bill_as_csv(capsys, url):
    """One line a predicted figure, for a spreadsheet."""
    lines = list(
        csv.DictReader(
            io.StringIO(said(capsys, "cost", "digits", "--storage", url, "--format", "csv"))
        )
    )
    assert len(lines) == len(GRID)
    assert float(lines[3]["low"]) < float(lines[3]["predicted"]) < float(lines[3]["high"])


def test_picture(capsys, url, tmp_path):
    """--plot writes a picture; an ending that is no picture is refused."""
    said(capsys, "cost", "digits", "--storage", url, "--plot", str(tmp_path / "p" / "cost.png"))
    assert (tmp_path / "p" / "cost.png").read_bytes().startswith(b"\x89PNG")
    err = complaint(
        capsys, "cost", "digits", "--storage", url, "--plot", str(tmp_path / "cost.txt")
    )
    assert ".png, .svg" in err
