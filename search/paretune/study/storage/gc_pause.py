"""Python's search for garbage, put off while a large study is read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Reading makes objects by the million, and all of them stay.

    To look for garbage among them, again and again while they grow, takes as long as reading them.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
