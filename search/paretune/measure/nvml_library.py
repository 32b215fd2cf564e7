"""The NVML library, and questions to it that may go unanswered."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


@functools.cache
def load_nvml() -> Any:
    """The NVML module, initialised; None on a machine without it."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def ask(nvml: Any, question: Callable[[Any], Any], subject: Any) -> Any:
    """NVML's answer; None where it has none: a card may be lost at any time."""
    if subject is None:
        return None
    try:
        return question(subject)
    except nvml.NVMLError:
        return None
