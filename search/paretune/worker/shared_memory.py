"""Shared memory that a trial leaves in /dev/shm when it is killed: named so that it can be found.

A segment outlives its process until somebody unlinks it, and Python's own tracker dies with the
trial. So the segments of a trial carry its name, and whoever sees it end removes them.
"""

from __future__ import annotations

import contextlib
import os
from multiprocessing import shared_memory
from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108  # POSIX shared memory lies there
_RANDOM_LETTERS = 8


def name_segments(prefix: str, temporary: Path) -> None:
    """Have this process, and what it forks, begin the names of its segments with `prefix`.

    joblib puts its arrays in files of its own there: they go to the folder `temporary` instead.
    """
    shared_memory._SHM_NAME_PREFIX = f"/{prefix}"  # type: ignore[attr-defined]
    shared_memory._SHM_SAFE_NAME_LENGTH = len(prefix) + 1 + _RANDOM_LETTERS  # type: ignore[attr-defined]
    os.environ["JOBLIB_TEMP_FOLDER"] = str(temporary)


def remove_segments(prefix: str) -> None:
    """Unlink the segments whose names begin so; memory is freed when nobody maps it any more."""
    for path in FOLDER.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            path.unlink()
