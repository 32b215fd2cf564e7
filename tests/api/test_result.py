"""What a result gives: records, tables, pictures, a choice, an export."""

from __future__ import annotations

from pathlib import Path

import optuna
import paretune as pt
import pytest
from paretune.errors import ExportError, StudyError


@pytest.fixture
def result(made_study: optuna.Study, storage_url: str) -> pt.Result:
    """Of the study of fabricated.TRIALS."""
    return pt.load("digits", storage=storage_url)


def test_front_as_a_data_frame(result: pt.Result) -> None:
    """A row a trial of the front, the best first; units are in the columns' names."""
    table = result.to_pandas()
    assert list(table.index) == [record.number for record in result.front]
    assert {"accuracy", "gpu_seconds", "peak_memory_mib", "batch_size"} <= set(table.columns)
    assert table["accuracy"].is_monotonic_decreasing
    assert table.attrs["device_kind"] == "cpu-core"
    everything = result.to_pandas("trials")
    assert len(everything) == len(result.trials) == 7
    assert everything.loc[5, "status"] == "diverged"
    assert everything["accuracy"].isna().sum() == 2


def test_choices(result: pt.Result) -> None:
    """Knee, best in a figure, weighted, by number; among those that meet the conditions."""
    assert result.best("accuracy").values["accuracy"] == 0.99
    cheap = result.best("gpu_seconds", where="accuracy >= 0.95")
    assert cheap.metrics["accuracy"] >= 0.95
    assert result.knee().number in {record.number for record in result.front}
    assert result.weighted({"accuracy": 1.0}).number == result.best("accuracy").number
    assert result.trial(0).params == dict(result.trials[0].params)


@pytest.mark.parametrize(
    ("choose", "expected"),
    [
        (lambda r: r.knee(where="accuracy near 1"), "where 'accuracy near 1'"),
        (lambda r: r.knee(where=["accuracy >= 0.999"]), "the front has accuracy from"),
        (lambda r: r.best("acuracy"), "figure acuracy: no trial has it (did you mean accuracy?)"),
        (lambda r: r.weighted({"speed": 1.0}), "weights speed: not an objective"),
        (lambda r: r.trial(99), "it has trials 0 to 6"),
        (lambda r: r.plot("front.gif"), "path front.gif: the ending says what to write"),
    ],
)
def test_choices_that_cannot_be_made(result: pt.Result, choose: object, expected: str) -> None:
    """The argument, its value and what there is; no option of the command line."""
    with pytest.raises(ExportError) as caught:
        choose(result)
    assert expected in str(caught.value)
    assert "--" not in str(caught.value)


def test_pictures(result: pt.Result, tmp_path: Path) -> None:
    """A figure that shows itself in a notebook, or a file."""
    figure = result.plot()
    assert figure is not None
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert result.plot(tmp_path / "front.svg") is None
    assert (tmp_path / "front.svg").stat().st_size > 1000


def test_report(result: pt.Result, tmp_path: Path) -> None:
    """One page, with the command that exports from this storage."""
    result.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert '"command":["paretune","export","digits","--storage","sqlite:///' in page


def test_a_result_shows_itself(result: pt.Result) -> None:
    """One line as itself, the table in print, the table in HTML in a notebook."""
    assert repr(result).startswith("Result('digits': 3 of 7 trials on the front, 64.5 gpu_seconds")
    assert "digits: 3 of 7 trials" in str(result)
    assert "\x1b" not in str(result)
    page = result._repr_html_()
    assert page.startswith("<pre")
    assert "digits: 3 of 7 trials" in page
    assert repr(result.trials[0]).startswith("TrialRecord(0, completed: accuracy 0.99, ")
    assert repr(result.trials[5]) == "TrialRecord(5, diverged)"
    assert repr(result.trial(0)).startswith("Chosen(trial 0 of 'digits': accuracy 0.99")


def test_a_study_that_is_not_there(made_study: optuna.Study, storage_url: str) -> None:
    """The names there are, and where."""
    with pytest.raises(StudyError, match="there are: digits"):
        pt.load("digts", storage=storage_url)
