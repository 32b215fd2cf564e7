"""`cost`, `predict` and `advise`: what they print, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import fabricated
import pytest
from fabricated import Made
from paretune.cli import main
from paretune.study.storage.load_study import load_study
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import write_study

GRID = [
    (8, 1.0, 32), (1, 0.25, 4), (4, 0.5, 8), (2, 1.0, 16), (6, 0.25, 32), (3, 0.75, 4),
    (5, 1.0, 8), (2, 0.5, 32), (7, 0.5, 4), (1, 1.0, 4), (4, 0.25, 16), (6, 0.75, 8),
]  # fmt: skip
PRICES = {"cpu-core": 0.36, "egress_gib": 0.09}


def seconds(epochs, width):
    return epochs * (0.5 + 2.0 * width)


def made(position, epochs, width, bits):
    expected = Estimate(math.log(1.1 * seconds(epochs, width)), 0.1 if position % 2 else 0.01)
    learned = Prediction(
        {"gpu_seconds": expected}, Basis.LEARNED if position > 1 else Basis.GUESSED, 9
    )
    return Made(
        accuracy=0.9 + 0.02 * width + 0.005 * epochs,
        seconds=seconds(epochs, width),
        memory=80 + 40 * width,
        kib=5 + 365 * width**2 * bits / 32,
        params={"epochs": epochs, "width": width, "bits": bits},
        prediction=learned.to_json(),
    )


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A study of a dozen trials of known cost, each with what was predicted."""
    folder = tmp_path_factory.mktemp("predicted")
    url = f"sqlite:///{folder / 'studies.db'}"
    trials = [made(position, *point) for position, point in enumerate(GRID)]
    fabricated.fabricate(url, folder, trials, prices=PRICES)
    return url


def said(capsys, *arguments):
    assert main(list(arguments)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def complaint(capsys, *arguments):
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


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
    assert score["mean_error"] == pytest.approx(0.1)
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


def test_predict_learns_from_the_study(capsys, url):
    """A stored study's configuration is predicted from its trials, near to the law behind them."""
    out = said(
        capsys, "predict", "digits", "--storage", url, "--set", "epochs=6", "--set", "width=0.5"
    )
    assert "learned from 12 trials on cpu-core" in out
    figure = next(line.split() for line in out.splitlines() if line.startswith("gpu_seconds"))
    assert float(figure[1]) == pytest.approx(seconds(6, 0.5), rel=0.25)
    assert float(figure[2]) < float(figure[1]) < float(figure[3])
    assert re.search(r"\d+ more trials: \S+ to \S+ gpu_seconds, \S+ to \S+ dollars", out)


def test_predict_names_what_costs_most(capsys, url):
    """The parameters come in the order of their effect: epochs before the learning rate."""
    out = said(capsys, "predict", "digits", "--storage", url)
    names = [line.split()[0] for line in out.splitlines() if line]
    assert names.index("epochs") < names.index("learning_rate")


def test_predict_before_anything_ran(capsys, tmp_path):
    """Without any trial it is a guess, and says so; no database is made for it."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    out = said(capsys, "predict", str(write_study(tmp_path / "study")), "--storage", url)
    assert "a guess: no trial of this has run on" in out
    assert "6 trials:" in out
    assert not (tmp_path / "none.db").exists()


@pytest.mark.tensorflow
def test_predict_counts_what_can_be_counted(capsys, tmp_path):
    """The bundled network tells its weights before any trial: the file's size follows from them."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    out = said(capsys, "predict", "digits", "--storage", url, "--set", "bits=8")
    assert "counted, for no trial of this has run on" in out
    size = next(line.split() for line in out.splitlines() if line.startswith("model_kib"))
    assert float(size[1]) == pytest.approx(100_944 / 1024, rel=0.1)  # a measured 8-bit file


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("epochs=99", "outside 1 to 8"),
        ("bitz=8", "did you mean bits?"),
        ("epochs", "write parameter=value"),
    ],
)
def test_predict_refuses_what_is_not_in_the_space(capsys, url, change, words):
    """A parameter or value that the space does not have is named, with the cure."""
    assert words in complaint(capsys, "predict", "digits", "--storage", url, "--set", change)


def test_predict_of_a_study_that_is_nowhere(capsys, url):
    """A name that is neither a file nor stored is refused."""
    assert "digitz" in complaint(capsys, "predict", "digitz", "--storage", url)


def test_advice(capsys, url):
    """Changes that save come with their interval and with how likely the condition still holds."""
    out = said(capsys, "advise", "digits", "--storage", url, "--where", "accuracy >= 0.93")
    assert "is the cheapest measured with accuracy >= 0.93" in out
    assert "saves" in out
    assert "holds" in out


def test_advice_when_nothing_is_good_enough(capsys, url):
    """Where the front has nothing of the kind there is nothing to advise, and exit code 1."""
    code = main(["advise", "digits", "--storage", url, "--where", "accuracy >= 0.999"])
    assert code == 1
    assert "nothing on the front" in capsys.readouterr().out


@pytest.mark.parametrize("within", ["2 euros", "900 wall-seconds"])
def test_advice_within_what(capsys, url, within):
    """An amount that one training cannot be held against is refused."""
    arguments = ["--where", "accuracy >= 0.93", "--within", within]
    assert "--within" in complaint(capsys, "advise", "digits", "--storage", url, *arguments)
