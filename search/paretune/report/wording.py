"""Figures, durations and names in a line of text."""

from __future__ import annotations

from collections.abc import Mapping

from paretune.report.labels import number


def duration(seconds: float) -> str:
    """0:42, 12:05 or 3:02:07."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def counted(number: int, noun: str) -> str:
    """'1 trial', '2 trials'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(figures: Mapping[str, float]) -> str:
    """'accuracy 0.9712, gpu_seconds 14.1'."""
    return ", ".join(f"{name} {number(value)}" for name, value in figures.items())


def trial_name(number: int, baseline: int | None) -> str:
    """'trial 3', or 'trial 0 (baseline 1)'."""
    return f"trial {number}" if baseline is None else f"trial {number} (baseline {baseline})"


def statuses(finished: Mapping[str, int]) -> str:
    """'10 completed, 2 failed', the commonest first."""
    counts = sorted(finished.items(), key=lambda item: -item[1])
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts)


def spent(state_spent: float, budget: float | None, device_kind: str) -> str:
    """'212.4 of 600 gpu_seconds on cpu-core': never without the kind of device."""
    of = "" if budget is None else f" of {number(budget)}"
    return f"{number(state_spent)}{of} gpu_seconds on {device_kind}"
