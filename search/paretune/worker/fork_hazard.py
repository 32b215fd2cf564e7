"""What makes a process unfit to be forked: threads and device contexts, which a fork loses.

A fork copies only the thread that calls it. What another one held (a lock, a pool's queue) is
never let go in the copy: a forked TensorFlow or OpenMP then hangs without a word, and a forked
CUDA context fails.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from pathlib import Path

PATIENCE_SECONDS = 1.0  # with threads that are about to end

_TASKS = Path("/proc/self/task")


def fork_hazard() -> str | None:
    """Why a fork of this process would not work, or None."""
    eager = sys.modules.get("tensorflow.python.eager.context")
    if eager is not None and eager.context()._initialized:
        return "TensorFlow has run an operation while the trainable was imported"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "PyTorch has initialised CUDA while the trainable was imported"
    return thread_hazard()


def thread_hazard() -> str | None:
    """The threads, native ones too, that a fork would lose; None where it loses none."""
    if _count() == 1:
        return None
    _fork_once()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _count() > 1:
        if time.monotonic() > deadline:
            return _in_words()
        time.sleep(0.02)
    return None


def _count() -> int:
    return len(list(_TASKS.iterdir()))


def _fork_once() -> None:
    """Libraries that are ready for a fork end their threads before it (OpenBLAS): let them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python's own, about threads
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _in_words() -> str:
    python = [thread.name for thread in threading.enumerate() if thread.ident != _main()]
    named = f" ({', '.join(python)})" if python else " (of a native library, such as OpenMP)"
    number = _count() - 1
    return f"{number} thread{'s run' if number > 1 else ' runs'} in the trainable's module{named}"


def _main() -> int | None:
    return threading.main_thread().ident
