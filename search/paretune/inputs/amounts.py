"""Amounts in words: '600 gpu-seconds', '5 dollars', '900 wall-seconds'."""

from __future__ import annotations

import math
import re

from paretune.errors import SearchError

_AMOUNT = re.compile(r"\s*([\d.]+(?:e\d+)?)\s*([a-z]+(?:[-_ ][a-z]+)?)\s*", re.IGNORECASE)
_UNITS = {
    "gpu-seconds": "gpu_seconds",
    "gpu-second": "gpu_seconds",
    "dollars": "dollars",
    "dollar": "dollars",
    "wall-seconds": "wall_seconds",
    "wall-second": "wall_seconds",
}


def parse_amount(text: str, argument: str = "budget") -> tuple[str, float]:
    """The unit, a key of a study's budget, and the amount.

    Raises SearchError for what is no amount above 0, naming the `argument` that it was given as.

    Examples:
        >>> parse_amount("5 dollars")
        ('dollars', 5.0)
    """
    match = _AMOUNT.fullmatch(text)
    unit = None if match is None else _UNITS.get(re.sub("[ _]", "-", match[2].lower()))
    try:
        value = 0.0 if match is None else float(match[1])
    except ValueError:
        value = 0.0
    if unit is None or value <= 0 or not math.isfinite(value):
        raise SearchError(
            f'{text!r}: write it as "600 gpu-seconds", "5 dollars" or "900 wall-seconds"',
            argument=argument,
        )
    return unit, value
