"""The life of a process that the warm parent has forked: apart from its parent, gone with it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from paretune.worker.process_control import die_with_parent
from paretune.worker.shared_memory import name_segments, remove_segments
from paretune.worker.trial_output import flush_output, print_traceback

FORK_PAUSES = (0.1, 0.3, 0.9)  # seconds between attempts at it; short, for the other trials wait


def fork() -> int:
    """As `os.fork`; tried again for a moment where the machine has no process to give.

    Raises OSError where it goes on having none.
    """
    for pause_seconds in FORK_PAUSES:
        try:
            return os.fork()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOMEM):
                raise
            time.sleep(pause_seconds)
    return os.fork()


def become(parent: int, channel: socket.socket, live: Callable[[], None]) -> NoReturn:
    """Just forked from `parent`: let go of its `channel`, and end after `live`."""
    code = 1
    try:
        lead_group(os.getpid())
        die_with_parent(parent)
        channel.close()
        signal.set_wakeup_fd(-1)
        for caught in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(caught, signal.SIG_DFL)
        live()
        code = 0
    except BaseException:
        print_traceback()
    finally:
        try:
            flush_output()
        finally:  # nothing may return into the parent's loop
            os._exit(code)  # no exit handlers: they belong to the parent


def lead_group(pid: int) -> None:
    """Have a process lead a group of its own, whose id is its own."""
    with contextlib.suppress(PermissionError, ProcessLookupError):  # done already, or gone
        os.setpgid(pid, pid)


def kill_group(leader: int) -> None:
    """Kill a group whose leader has not been waited for: until then the id is nobody else's."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def keep_to_itself(scratch: Path, label: str) -> None:
    """Have this process's temporary files and shared memory where `clear` finds them."""
    folder = scratch / label
    # A compiler's cache is to outlive the trial: torch would keep it in the temporary folder.
    cache = Path(tempfile.gettempdir()) / f"torchinductor_{os.getuid()}"
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    name_segments(_segments(scratch, label), folder)


def clear(scratch: Path, label: str) -> None:
    """Remove what a process that has ended left there."""
    shutil.rmtree(scratch / label, ignore_errors=True)
    remove_segments(_segments(scratch, label))


def _segments(scratch: Path, label: str) -> str:
    """How the names of a process's shared memory begin: no other program's do."""
    return f"{scratch.name}-{label}-"
