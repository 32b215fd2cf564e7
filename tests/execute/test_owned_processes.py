"""A driver's processes are found by the mark in their environment, and nobody else's are."""

from __future__ import annotations

import os
import subprocess
import sys

from paretune.execute.owned_processes import PARENT_VARIABLE, end_owned_processes


def sleeper(mark: str, **options: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload]
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(3600)"],
        env={**os.environ, PARENT_VARIABLE: mark},
        stdout=subprocess.PIPE,
        **options,
    )


def test_marked_processes_are_ended() -> None:
    """Whatever group or session they are in; a process with another mark goes on."""
    ours = [sleeper("a mark of this test"), sleeper("a mark of this test", start_new_session=True)]
    other = sleeper("another mark of this test")
    try:
        for process in (*ours, other):
            assert process.stdout is not None
            process.stdout.readline()  # it has its environment now
        assert end_owned_processes(PARENT_VARIABLE, "a mark of this test") == 2
        assert [process.wait(timeout=30) for process in ours] == [-9, -9]
        assert other.poll() is None
    finally:
        for process in (*ours, other):
            process.kill()
            process.communicate()
