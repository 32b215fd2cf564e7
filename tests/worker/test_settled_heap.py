"""What imports have left free in the heap does not hide what a trial allocates."""

from __future__ import annotations

import subprocess
import sys

import pytest

GROWTH = """
import sys
from paretune.measure.memory_meter import MemoryMeter
from paretune.worker.settled_heap import settle_heap

# As compiling does: many small objects, of which few stay, all over the heap.
garbage = [bytes({size} + i % 300) for i in range(150_000)]
kept = garbage[::{kept}]
del garbage
settle_heap()
meter = MemoryMeter(__import__("os").getpid())
held = [bytes({size} + i % 300) for i in range(60_000)]
print(meter.now_mib())
"""


def growth(size: int, kept: int) -> float:
    result = subprocess.run(
        [sys.executable, "-c", GROWTH.format(size=size, kept=kept)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(result.stdout)


@pytest.mark.parametrize("size", [60, 600], ids=["of Python's", "of the C library's"])
def test_holes_of_the_heap_hide_nothing(size: int) -> None:
    """A heap with many holes and one with none show the same growth; and nothing is printed."""
    holes, none = growth(size, kept=40), growth(size, kept=1)
    assert none > 10
    assert holes == pytest.approx(none, rel=0.05)
