"""Figures, durations and counts in a line of text."""

from __future__ import annotations

import pytest
from paretune.report.wording import counted, duration, spent, statuses, trial_name


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (42.4, "0:42"), (725, "12:05"), (10927, "3:02:07")]
)
def test_durations(seconds: float, text: str) -> None:
    """Minutes and seconds, hours where there are any."""
    assert duration(seconds) == text


def test_counts() -> None:
    """One trial is no plural."""
    assert [counted(n, "trial") for n in (0, 1, 2)] == ["0 trials", "1 trial", "2 trials"]


def test_sentences() -> None:
    """A device-second never stands without its device, nor a baseline without its number."""
    assert spent(212.4, 600, "cpu-core") == "212.4 of 600.0 gpu_seconds on cpu-core"
    assert spent(212.4, None, "cpu-core") == "212.4 gpu_seconds on cpu-core"
    assert trial_name(0, 1) == "trial 0 (baseline 1)"
    assert statuses({"failed": 2, "out_of_memory": 10}) == "10 out of memory, 2 failed"
