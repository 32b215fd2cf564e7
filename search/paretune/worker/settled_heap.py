"""A heap without holes, so that what a fork allocates is seen as growth, in every session alike.

What importing has left free in the heap of the process that forks, a trial would use without ever
allocating it; how much that is depends on whether modules had to be compiled, and from where they
came.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
import tempfile

_CLASS = re.compile(r"^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)  # its size, free blocks
_POOLS = re.compile(r"^(\d+) unused pools \* (\d+) bytes", re.MULTILINE)
_LARGEST = 512  # bytes, of a block of Python's own allocator
_POOL_HEADER = 48

_kept: list[object] = []  # what fills the holes; as long as the process lives


def settle_heap() -> None:
    """Collect garbage, fill the holes of Python's allocator, and give the C library's free pages
    back to the system. Call it after the last import, before the first fork.
    """
    gc.collect()
    statistics = _allocator_statistics()
    for size, free in _CLASS.findall(statistics):
        _kept.extend(_block(int(size)) for _ in range(int(free)))
    for pools, size in _POOLS.findall(statistics):
        blocks = int(pools) * ((int(size) - _POOL_HEADER) // _LARGEST)
        _kept.extend(_block(_LARGEST) for _ in range(blocks))
    gc.freeze()  # the forks' collector leaves the shared pages alone
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def _allocator_statistics() -> str:
    """Python's own account of its small blocks: it tells it to standard error only."""
    with tempfile.TemporaryFile() as file:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            sys._debugmallocstats()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        file.seek(0)
        return file.read().decode("ascii", errors="replace")


def _block(size: int) -> object:
    """An object that takes one block of this size class."""
    if size <= object.__sizeof__(object()):
        return object()
    empty = b"".__sizeof__()
    return bytes(size - empty) if size > empty else float(size)
