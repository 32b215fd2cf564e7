"""What a forked process keeps to itself, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from paretune.worker.forked_process import become, clear, keep_to_itself, kill_group, lead_group


def forked(live: Callable[[], None]) -> int:
    """The pid of a process with this life."""
    ours, theirs = socket.socketpair()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        become(parent, ours, live)
    lead_group(pid)
    ours.close()
    theirs.close()
    return pid


def fail() -> None:
    raise ValueError("expected by the test")


@pytest.mark.parametrize(("live", "code"), [(lambda: None, 0), (fail, 1)])
def test_nothing_returns_into_the_parents_code(live: Callable[[], None], code: int) -> None:
    """A life that ends, well or not, ends its process."""
    _, status = os.waitpid(forked(live), 0)
    assert os.waitstatus_to_exitcode(status) == code


def test_its_group_ends_with_it() -> None:
    """It leads a group of its own: what it has started is killed with it."""
    pid = forked(signal.pause)
    assert os.getpgid(pid) == pid != os.getpgid(0)
    kill_group(pid)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    kill_group(pid)  # gone: nothing happens


def test_temporary_files_are_found_and_removed(tmp_path: Path) -> None:
    """Of this process, not of another with a like name."""

    def live() -> None:
        keep_to_itself(tmp_path, "1")
        tempfile.mkstemp()

    os.waitpid(forked(live), 0)
    (tmp_path / "11").mkdir()
    assert list((tmp_path / "1").iterdir())
    clear(tmp_path, "1")
    assert [left.name for left in tmp_path.iterdir()] == ["11"]
