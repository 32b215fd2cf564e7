"""Waiting for a stage that another one computes, and being as silent as that one meanwhile."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from paretune.stages.stage_lock import take_lock


class Waiter:
    """A thread that waits for the lock; `heard` is released whenever its holder was heard of."""

    def __init__(self, path: Path) -> None:
        self.heard = threading.Semaphore(0)
        self.done = threading.Event()
        self._handle = os.open(path, os.O_RDWR)
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        take_lock(self._handle, None, self.heard.release)
        self.done.set()

    def join(self) -> None:
        self._thread.join()
        os.close(self._handle)


@pytest.fixture
def holder(tmp_path: Path) -> int:
    """The open file of a lock that is held, by one whose reports are in `reports`."""
    (tmp_path / "reports").write_text("a line\n")
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    take_lock(handle, tmp_path / "reports", lambda: None)
    return handle


def test_it_is_as_silent_as_the_holder(holder: int, tmp_path: Path) -> None:
    """Heard of once as the waiting begins, then at each report; a silent holder is not heard."""
    waiter = Waiter(tmp_path / "lock")
    assert waiter.heard.acquire(timeout=60)
    assert not waiter.heard.acquire(timeout=0.5)
    with open(tmp_path / "reports", "a") as reports:
        reports.write("another\n")
    assert waiter.heard.acquire(timeout=60)
    assert not waiter.done.is_set()
    os.close(holder)
    assert waiter.done.wait(60)
    waiter.join()


def test_a_holder_that_cannot_be_seen_is_taken_to_be_heard(holder: int, tmp_path: Path) -> None:
    """Its reports may lie on another machine: nobody is timed out for that."""
    (tmp_path / "reports").unlink()
    waiter = Waiter(tmp_path / "lock")
    assert all(waiter.heard.acquire(timeout=60) for _ in range(2))
    os.close(holder)
    waiter.join()
