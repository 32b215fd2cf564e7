"""What a process has allocated does not depend on which large blocks were freed before."""

from __future__ import annotations

import subprocess
import sys

import pytest
from paretune.worker.steady_malloc import steady_malloc

BLOCK = 16  # MiB
HELD = """
import os
from paretune.measure.memory_meter import MemoryMeter
from paretune.worker.steady_malloc import steady_malloc

{steady} and steady_malloc()
meter = MemoryMeter(os.getpid())
freed = b"x" * ({freed} << 20)  # as importing frees, or another thread
del freed
block = b"x" * ({block} << 20)
behind = bytes(100_000)  # where the block is of the heap, it cannot be given back
del block
print(meter.now_mib())
"""

pytestmark = pytest.mark.skipif(not steady_malloc(), reason="glibc's allocator only")


def held_mib(freed: int, *, steady: bool) -> float:
    code = HELD.format(freed=freed, steady=steady, block=BLOCK)
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(result.stdout)


@pytest.mark.parametrize("freed", [0, BLOCK + 4])
def test_a_freed_block_is_given_back(freed: int) -> None:
    """Whatever was freed before, a large block that is freed is no longer counted."""
    assert held_mib(freed, steady=True) < 1


def test_left_alone_it_depends_on_what_was_freed_before() -> None:
    """Why it is done: once a larger block was freed, glibc keeps the next one in its heap."""
    assert held_mib(0, steady=False) < 1
    assert held_mib(BLOCK + 4, steady=False) > BLOCK - 1
