"""The commands as a whole: their names, their help, their version."""

from __future__ import annotations

import pytest
from command_line import said
from paretune import __version__

pytestmark = pytest.mark.usefixtures("made_study")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the package's version and nothing else."""
    assert said(capsys, "--version") == f"paretune {__version__}\n"


def test_commands_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    """The help names every command, the first one first."""
    text = said(capsys, "--help")
    commands = ["run", "front", "trials", "export", "train", "dashboard", "predict", "cost"]
    commands += ["advise", "store", "list", "delete", "devices"]
    found = [line.split()[1] for line in text.splitlines() if line[:2] in ("│ ", "| ")]
    assert [word for word in found if word in commands] == commands
