"""The trial's log, whatever a user's code has made of `sys.stdout` and `sys.stderr`.

It may have put an object there that can only `write`, closed them, or set them to None. The two
file descriptors are ours to write to all the same.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path


def redirect(log: Path) -> None:
    """Everything the process prints, C libraries included, goes to this file."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    os.close(nothing)


def print_traceback() -> None:
    """The exception that is being handled, to the log; never raises an Exception."""
    flush_output()  # what was printed before it comes first
    with contextlib.suppress(Exception):  # a message of the user's that cannot be shown
        text = traceback.format_exc().encode("utf-8", errors="backslashreplace")
        os.write(2, text)


def flush_output() -> None:
    """Flush what Python holds back of the output; never raises an Exception."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):  # closed, None, or not even with a `flush`
            stream.flush()  # type: ignore[union-attr]
