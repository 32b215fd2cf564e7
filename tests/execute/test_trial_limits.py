"""The limits of a trial as arithmetic: which is broken, and when the next one would be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.execute.trial_limits import Allowance, broken_limit, next_deadline
from paretune.measure import Measurement
from paretune.trial.job import Limits
from paretune.trial.outcome import Status

SPENT = Measurement(wall_seconds=4.0, gpu_seconds=6.0)


@pytest.mark.parametrize(
    ("limits", "allowance", "moment", "status"),
    [
        (Limits(gpu_seconds=10.0), None, 102.0, Status.OVER_BUDGET),
        (Limits(wall_seconds=10.0), None, 106.0, Status.TIMED_OUT),
        (Limits(), Allowance(9.0, "spent"), 101.0, Status.OVER_BUDGET),  # 1 GPU-second was lost
        (Limits(gpu_seconds=10.0, wall_seconds=5.0), None, 101.0, Status.TIMED_OUT),
        (Limits(gpu_seconds=10.0), Allowance(50.0, "spent"), 102.0, Status.OVER_BUDGET),
    ],
)
def test_the_nearest_limit_is_the_deadline(
    limits: Limits, allowance: Allowance | None, moment: float, status: Status
) -> None:
    """At the full rate of both devices; what an earlier attempt lost counts on the study only."""
    lost = Measurement(gpu_seconds=1.0)
    deadline = next_deadline(limits, allowance, spent=SPENT, lost=lost, at=100.0, devices=2)
    assert deadline is not None
    assert (deadline.seconds, deadline.status) == (moment, status)


def test_no_limit_no_deadline() -> None:
    """Silence and memory are no moments: they are looked at."""
    limits = Limits(report_seconds=5.0, host_memory_mib=100.0)
    assert next_deadline(limits, None, spent=SPENT, lost=None, at=0.0, devices=1) is None


@given(
    limit=st.floats(0.1, 1e4),
    spent=st.floats(0, 1e4),
    devices=st.integers(1, 8),
    share=st.floats(0, 1),
)
def test_no_limit_is_passed_at_its_deadline(
    limit: float, spent: float, devices: int, share: float
) -> None:
    """However slowly the bill has grown until then, at the deadline it has at most met it."""
    deadline = next_deadline(
        Limits(gpu_seconds=limit),
        None,
        spent=Measurement(gpu_seconds=spent),
        lost=None,
        at=7.0,
        devices=devices,
    )
    assert deadline is not None
    bill = spent + share * devices * max(deadline.seconds - 7.0, 0.0)
    assert bill <= max(limit, spent) or math.isclose(bill, limit)


def test_unknown_memory_breaks_no_limit() -> None:
    """A process whose memory is not to be seen is not taken to be over the limit."""
    limits = Limits(host_memory_mib=100.0)
    assert broken_limit(limits, spent=SPENT, silent_seconds=0.0, allocated_mib=None) is None
