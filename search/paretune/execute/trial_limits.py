"""The limits of one trial: which of them is broken, and when the next one would be.

The driver judges what it sees (`broken_limit`); the moment at which a trial must have ended,
should the driver not look again, goes to the process that holds the trial (`next_deadline`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paretune.measure import Measurement
from paretune.trial.job import Limits
from paretune.trial.outcome import Status


@dataclass(frozen=True)
class Allowance:
    """What a study's budget has left for one trial."""

    gpu_seconds: float  # its whole bill, that of an earlier attempt included, may come to so much
    reason: str  # why it ends there


@dataclass(frozen=True)
class Deadline:
    """The moment at which a trial is ended, and as what."""

    seconds: float  # CLOCK_MONOTONIC
    status: Status
    reason: str


def broken_limit(
    limits: Limits,
    *,
    spent: Measurement,
    silent_seconds: float,
    allocated_mib: float | None,
) -> tuple[Status, str] | None:
    """The first limit that the trial is over, and the status and reason that this means."""
    if limits.host_memory_mib is not None and (allocated_mib or 0.0) > limits.host_memory_mib:
        return Status.OUT_OF_MEMORY, (
            f"host memory {allocated_mib:.0f} MiB over limits.host_memory_mib = "
            f"{limits.host_memory_mib:g}"
        )
    if limits.gpu_seconds is not None and spent.gpu_seconds > limits.gpu_seconds:
        return Status.OVER_BUDGET, _over("gpu_seconds", limits.gpu_seconds)
    if limits.wall_seconds is not None and spent.wall_seconds > limits.wall_seconds:
        return Status.TIMED_OUT, _over("wall_seconds", limits.wall_seconds)
    if limits.report_seconds is not None and silent_seconds > limits.report_seconds:
        return Status.TIMED_OUT, (
            f"silent for {silent_seconds:.0f} s, over limits.report_seconds = "
            f"{limits.report_seconds:g}"
        )
    return None


def next_deadline(
    limits: Limits,
    allowance: Allowance | None,
    *,
    spent: Measurement,  # by this attempt
    lost: Measurement | None,  # by an earlier one
    at: float,  # when that was the bill, CLOCK_MONOTONIC
    devices: int,  # that are billed; 0 for a trial that has given them back
) -> Deadline | None:
    """When the bill meets the first of its limits, if it grows at the full rate until then.

    It may grow more slowly (strangers are not billed): so the deadline is renewed with the bill.
    """
    found = list(_deadlines(limits, allowance, spent, lost or Measurement(), at, devices))
    return min(found, key=lambda deadline: deadline.seconds, default=None)


def _deadlines(
    limits: Limits,
    allowance: Allowance | None,
    spent: Measurement,
    lost: Measurement,
    at: float,
    devices: int,
) -> Iterator[Deadline]:
    if limits.gpu_seconds is not None and devices:
        moment = at + (limits.gpu_seconds - spent.gpu_seconds) / devices
        yield Deadline(moment, Status.OVER_BUDGET, _over("gpu_seconds", limits.gpu_seconds))
    if limits.wall_seconds is not None:
        moment = at + limits.wall_seconds - spent.wall_seconds
        yield Deadline(moment, Status.TIMED_OUT, _over("wall_seconds", limits.wall_seconds))
    if allowance is not None and devices:
        paid = spent.gpu_seconds + lost.gpu_seconds
        moment = at + (allowance.gpu_seconds - paid) / devices
        yield Deadline(moment, Status.OVER_BUDGET, allowance.reason)


def _over(limit: str, value: float) -> str:
    return f"over limits.{limit} = {value:g}"
