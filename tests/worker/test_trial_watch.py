"""A trial's limits, held where the trial is held: by a clock that the test turns."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from paretune.measure import Snapshot
from paretune.measure.devices import Device
from paretune.measure.replay_meter import ReplayMeter
from paretune.trial.files import REPORTS
from paretune.trial.job import Job, Limits
from paretune.trial.silence import LOOK_SECONDS
from paretune.worker.trial_watch import SLACK_SECONDS, TrialWatch

DEADLINE = {"seconds": 20.0, "status": "over_budget", "reason": "the budget was spent"}


def watch(folder: Path, **limits: float) -> TrialWatch:
    job = Job(number=1, trainable="t:t", params={}, directory=str(folder), seed=0)
    assignment = replace(job, limits=Limits(**limits)).on([Device("GPU-a", "NVIDIA H200")])
    return TrialWatch(os.getpid(), assignment, 10.0)


def until_broken(held: TrialWatch, latest: float) -> tuple[tuple[str, str] | None, float]:
    """Look whenever it asks for that: its verdict, and when; None where it comes after `latest`."""
    while held.next_look <= latest:
        moment = held.next_look
        verdict = held.broken(moment)
        if verdict is not None:
            return verdict, moment
    return None, held.next_look


def test_without_limits_nobody_looks(tmp_path: Path) -> None:
    """A trial without limits is never in need of a look."""
    idle = watch(tmp_path)
    assert idle.broken(10.0) is None
    assert idle.next_look == float("inf")


def test_deadline_holds_until_it_is_renewed(tmp_path: Path) -> None:
    """A renewed deadline replaces the one before, earlier or later."""
    held = watch(tmp_path)
    held.hold(DEADLINE)
    assert held.broken(19.9) is None
    assert held.next_look == 20.0
    held.hold({**DEADLINE, "seconds": 25.0})
    assert held.broken(20.1) is None
    assert held.next_look == 25.0
    held.hold({**DEADLINE, "seconds": 21.0, "reason": "another"})
    assert held.broken(21.0) == ("over_budget", "another")


def test_silence_is_counted_from_the_last_report(tmp_path: Path) -> None:
    """Whatever the trial has told begins its silence anew; the driver is given a little longer."""
    held = watch(tmp_path, report_seconds=5.0)
    assert until_broken(held, latest=14.0) == (None, pytest.approx(14.0, abs=LOOK_SECONDS))
    (tmp_path / REPORTS).write_text("{}\n")
    heard = held.next_look
    verdict, moment = until_broken(held, latest=60.0)
    assert verdict is not None
    assert verdict[0] == "timed_out"
    assert "report_seconds = 5" in verdict[1]
    assert moment == pytest.approx(heard + 5.0 + SLACK_SECONDS)


def test_a_gap_between_two_looks_is_no_silence(tmp_path: Path) -> None:
    """A container that was frozen for an hour and woken goes on with its trials."""
    held = watch(tmp_path, report_seconds=5.0)
    until_broken(held, latest=14.0)
    assert held.broken(3600.0) is None
    assert held.next_look < 3601.0


def test_memory_is_looked_at_again_and_again(tmp_path: Path) -> None:
    """What the process has come to have above its beginning is compared with the limit."""
    held = watch(tmp_path, host_memory_mib=50.0)
    assert held.broken(10.0) is None
    assert held.next_look < 11.0
    block = bytearray(80 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    status, reason = held.broken(held.next_look) or ("", "")
    assert status == "out_of_memory"
    assert "host_memory_mib = 50" in reason


def test_what_strangers_took_moves_the_deadline(tmp_path: Path) -> None:
    """The bill counts, not the time: a stranger's second on the leased core is the trial's to
    have, though the driver does not come to renew the deadline.
    """
    held = watch(tmp_path)
    held._meter = ReplayMeter(  # type: ignore[assignment]
        [
            Snapshot(10.0, cpu_seconds=0.0, foreign_seconds=0.0, delay_seconds=0.0),
            Snapshot(20.0, cpu_seconds=9.0, foreign_seconds=1.0, delay_seconds=1.0),
            Snapshot(21.0, cpu_seconds=10.0, foreign_seconds=1.0, delay_seconds=1.0),
        ]
    )
    held.hold(DEADLINE)
    assert held.broken(20.0) is None
    assert held.next_look == pytest.approx(21.0)
    assert held.broken(21.0) == ("over_budget", "the budget was spent")
