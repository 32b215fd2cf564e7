"""The right to compute a stage: of all trials on a machine one has it, and the others wait for it.

The lock is the kernel's (flock): it goes with the process that holds it, so that nobody waits for a
dead one. Its file names the file in which the holder tells how far it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

WAIT_SECONDS = 0.1  # between two looks at a lock that another process holds


def take_lock(handle: int, reports: Path | None, heard: Callable[[], None]) -> None:
    """Lock an open file; waits while another process holds it. Closing the file lets it go.

    `reports`: the file to which this process adds whatever it has to tell. `heard` is called as it
    begins to wait, and whenever the one that it waits for has told something: so a waiting trial is
    as silent as the one that works for it. Of a holder whose file is not to be seen nothing can be
    said: it is taken to be heard.

    Raises OSError where the disk has no locks.
    """
    told = None
    while not _locked(handle):
        now = _told_by_holder(handle)
        if now != told:
            told = now
            heard()
        time.sleep(WAIT_SECONDS)
    with contextlib.suppress(OSError):  # a full disk: others know less, that is all
        os.ftruncate(handle, 0)
        os.pwrite(handle, os.fsencode(reports or ""), 0)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told_by_holder(handle: int) -> float:
    """What grows with whatever the holder has told; the clock where that is not seen."""
    try:
        return os.stat(os.fsdecode(os.pread(handle, 4096, 0))).st_size
    except (OSError, ValueError):
        return time.monotonic() // 1.0
