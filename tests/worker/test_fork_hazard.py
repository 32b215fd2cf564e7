"""What a fork would lose is seen before it: threads of Python's and of native libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ASK = "import threads_at_import; from paretune.worker.fork_hazard import *; print(fork_hazard())"


@pytest.mark.parametrize(
    ("threads", "hazard"),
    [
        ("", "None"),
        ("brief", "None"),  # it has ended a moment later
        ("python", "1 thread runs in the trainable's module (loader)"),
        ("openmp", "of a native library, such as OpenMP"),
    ],
)
def test_threads_that_would_be_lost(threads: str, hazard: str) -> None:
    """A module's own thread, or the pool of a library that it has used, is a hazard; the pool of
    NumPy's OpenBLAS, which is ready for a fork, is none.
    """
    result = subprocess.run(
        [sys.executable, "-c", f"import numpy; {ASK}"],
        env={**os.environ, "PYTHONPATH": str(TESTS), "PARETUNE_TEST_THREADS": threads},
        capture_output=True,
        text=True,
        check=True,
    )
    assert hazard in result.stdout
