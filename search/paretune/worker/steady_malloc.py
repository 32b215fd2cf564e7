"""The C library's allocator, set so that what a process has allocated depends on its work alone.

glibc begins by mapping every block of 128 KiB or more on its own, which is given back when it is
freed. But each such block that is freed raises that threshold to its size, up to 32 MiB, and later
ones of that size come from the heap, where they stay or lie in holes that others have left. Which
blocks those are depends on the order in which threads free them, and on what importing has freed:
equal trainings differ by 10 MiB and more. A threshold that is set stays (mallopt(3)).
"""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD = 128 * 1024  # bytes: glibc's own at the start
_M_MMAP_THRESHOLD = -3  # malloc.h


def steady_malloc() -> bool:
    """Keep glibc's threshold for mapped blocks from rising, here and in all forks.

    Call it before the imports. Returns False, and changes nothing, with another C library.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    return bool(libc.mallopt(_M_MMAP_THRESHOLD, MMAP_THRESHOLD))
