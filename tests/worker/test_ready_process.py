"""The two ends of a process that is ready before its trial has devices."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from paretune.worker.ready_process import ReadyProcess, warm_up_and_wait


@pytest.fixture
def ends() -> tuple[ReadyProcess, socket.socket]:
    ours, theirs = socket.socketpair()
    return ReadyProcess(os.getpid(), ours, due=10.0), theirs


def test_it_tells_when_it_is_warm_and_takes_its_trial(
    ends: tuple[ReadyProcess, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bound to the devices first; then it waits until the folder of its trial is told."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "")
    process, theirs = ends
    seen: list[str | None] = []

    def live() -> None:
        def warm_up() -> None:
            seen.append(os.environ["CUDA_VISIBLE_DEVICES"])

        seen.append(warm_up_and_wait(theirs, ["GPU-a", "GPU-b"], "A GPU", warm_up))

    thread = threading.Thread(target=live)
    thread.start()
    told = process.ready_after()
    assert told is not None
    assert told.keys() == {"seconds", "cpu_seconds"}
    assert process.is_warm
    assert process.begin("/a/folder")
    thread.join()
    assert seen == ["GPU-a,GPU-b", "/a/folder"]


def test_an_end_is_told_from_warmth(ends: tuple[ReadyProcess, socket.socket]) -> None:
    """A process that has ended is not ready, and cannot be given a trial."""
    process, theirs = ends
    theirs.close()
    assert process.ready_after() is None
    assert not process.begin("/a/folder")


def test_a_trial_waits_for_it_to_its_time(ends: tuple[ReadyProcess, socket.socket]) -> None:
    """Overdue is what a trial waits for; until one has begun nobody does."""
    process, _ = ends
    assert not process.is_overdue(10.0)
    process.begin("/a/folder")
    assert [process.is_overdue(now) for now in (9.9, 10.0)] == [False, True]
    process.is_warm = True
    assert not process.is_overdue(10.0)
