"""A trial's log, whatever a user's code does to Python's own streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from paretune.worker.trial_output import flush_output

BEGIN = "import os, sys; from paretune.worker.trial_output import *; from pathlib import Path\n"


def logged(log: Path, code: str) -> str:
    """What a process that redirects its output to `log` leaves there."""
    text = f"{BEGIN}redirect(Path({str(log)!r}))\n{code}"
    result = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    return log.read_text(encoding="utf-8")


def test_everything_goes_to_the_log_in_order(tmp_path: Path) -> None:
    """Python's lines, a C library's and a traceback; standard input is empty."""
    code = (
        "print('first')\nassert sys.stdin.read() == ''\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    print_traceback()\n"
        "os.write(1, b'last')\n"
    )
    lines = logged(tmp_path / "log.txt", code).splitlines()
    assert lines[0] == "first"
    assert lines[-2:] == ["ZeroDivisionError: division by zero", "last"]


@pytest.mark.parametrize("spoilt", ["None", "object()", "open(os.devnull); sys.stdout.close()"])
def test_a_traceback_needs_no_stream(tmp_path: Path, spoilt: str) -> None:
    """Streams that are gone, closed or anything else keep no reason from the log."""
    code = (
        f"sys.stdout = {spoilt}\nsys.stderr = None\n"
        "try:\n    raise ValueError('\\ud83d')\nexcept ValueError:\n    print_traceback()\n"
        "sys.stdout = None\n"
    )
    assert "ValueError: \\ud83d" in logged(tmp_path / "log.txt", code)


def test_flushing_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `sys.stdout` is."""
    monkeypatch.setattr(sys, "stdout", object())
    flush_output()
