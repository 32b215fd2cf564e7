"""The check for machines with a GPU: without one, its study runs on CPU cores."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_check.py"


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_its_study_adds_up_on_cpu_cores():
    """The very study that a GPU machine is checked with, and every check of its records."""
    result = subprocess.run(
        [sys.executable, str(SCRIPT), "--cpu"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[-1] == "all is well"
    assert sum(line.startswith("ok ") for line in lines) == len(lines) - 1 >= 8
