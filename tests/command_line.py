"""Running a command in the test's own process, and what it printed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from paretune.cli import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that succeeds prints; it complains of nothing."""
    assert main(list(arguments)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def as_object(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What it prints as JSON."""
    return dict(json.loads(said(capsys, *arguments, "--format", "json")))


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The only line of a command that refuses its input."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("paretune: ")
    return line
