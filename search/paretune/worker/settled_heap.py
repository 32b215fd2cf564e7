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

from paretune.worker.steady_malloc import MMAP_THRESHOLD

_CLASS = re.compile(r"^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)  # its size, free blocks
_POOLS = re.compile(r"^(\d+) unused pools \* (\d+) bytes", re.MULTILINE)
_LARGEST = 512  # bytes, of a block of Python's own allocator
_POOL_HEADER = 48

_M_TOP_PAD = -2  # malloc.h: by how much more than needed the C library's heap is extended
_TOP_PAD = 128 * 1024  # bytes: its default
_SMALLEST, _STEP = 24, 16  # bytes, of a block of the C library's

_kept: list[object] = []  # what fills the holes; as long as the process lives


def settle_heap() -> None:
    """Collect garbage, fill the holes of Python's allocator and of the C library's, and give the
    latter's free pages back to the system. Call it after the last import, before the first fork.
    """
    gc.collect()
    statistics = _allocator_statistics()
    for size, free in _CLASS.findall(statistics):
        _kept.extend(_block(int(size)) for _ in range(int(free)))
    for pools, size in _POOLS.findall(statistics):
        blocks = int(pools) * ((int(size) - _POOL_HEADER) // _LARGEST)
        _kept.extend(_block(_LARGEST) for _ in range(blocks))
    gc.freeze()  # the forks' collector leaves the shared pages alone
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # glibc's
        libc.malloc_trim(0)
        _fill_c_heap(libc)


def _fill_c_heap(libc: ctypes.CDLL) -> None:
    """Allocate, the large before the small, what fits into the holes: until the heap is extended.

    Pages inside of holes have been given back, and stay so: an allocation does not touch them.
    """
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    libc.mallopt(_M_TOP_PAD, 0)
    for size in _sizes():
        end = libc.sbrk(0)
        while libc.sbrk(0) == end and libc.malloc(size):
            pass
    libc.mallopt(_M_TOP_PAD, _TOP_PAD)


def _sizes() -> list[int]:
    """Of blocks, in bytes, from the largest that lies in the heap down; every one of the small."""
    small = list(range(_SMALLEST, 1100, _STEP))
    large = [MMAP_THRESHOLD // 2**power for power in range(1, 7)]
    return large + small[::-1]


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
