"""`predict`: a configuration and a study before they run."""

from __future__ import annotations

import re

import pytest
from command_line import complaint, said
from priced_study import priced_study, seconds
from small_study import write_study


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of a dozen trials of known cost."""
    return priced_study(tmp_path_factory.mktemp("priced"))


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
    assert "a few trials would tell: `paretune run STUDY --trials 5`" in out
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
