"""`advise`: which change saves how much."""

from __future__ import annotations

import pytest
from command_line import complaint, said
from paretune.cli import main
from priced_study import priced_study


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of a dozen trials of known cost."""
    return priced_study(tmp_path_factory.mktemp("priced"))


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
    said = capsys.readouterr().out
    assert "nothing on the front" in said
    assert "its accuracy is " in said
    assert "ask for no more than that, or search on with a larger budget" in said


@pytest.mark.parametrize("within", ["2 euros", "900 wall-seconds"])
def test_advice_within_what(capsys, url, within):
    """An amount that one training cannot be held against is refused."""
    arguments = ["--where", "accuracy >= 0.93", "--within", within]
    assert "--within" in complaint(capsys, "advise", "digits", "--storage", url, *arguments)
