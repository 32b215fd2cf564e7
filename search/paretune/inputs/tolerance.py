"""Differences that nobody cares about: '3 %' of a figure, or so much of it as it is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

_AMOUNT = re.compile(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*(%?)\s*", re.IGNORECASE)
_CURE = "write a share such as '3 %', or an amount such as 0.005 in the figure's own unit"


@dataclass(frozen=True)
class Tolerance:
    """Two values that differ by no more than `amount` count as one.

    `relative`: the amount is a share of the smaller of the two (0.03 for '3 %').

    Examples:
        >>> Tolerance.parse("3 %")
        Tolerance(amount=0.03, relative=True)
        >>> Tolerance.parse(0.005).text
        '0.005'
    """

    amount: float
    relative: bool = False

    @classmethod
    def parse(cls, value: object) -> Tolerance:
        """From '3 %', '0.005' or a number. Raises ValueError, worded for the user."""
        match = _AMOUNT.fullmatch(str(value))
        try:
            if match is None or isinstance(value, bool):
                raise ValueError
            amount = float(match[1])
        except ValueError:
            raise ValueError(f"is {value!r}: {_CURE}") from None
        if not math.isfinite(amount) or amount < 0:
            raise ValueError(f"is {value!r}: give one of at least 0; {_CURE}")
        return cls(amount / 100, relative=True) if match[2] else cls(amount)

    @property
    def text(self) -> str:
        """As `parse` reads it again."""
        return f"{100 * self.amount:.12g} %" if self.relative else repr(self.amount)

    def covers(self, one: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Element by element: do the two values count as one?"""
        difference = np.abs(one - others)
        if not self.relative:
            return np.asarray(difference <= self.amount)
        return np.asarray(difference <= self.amount * np.minimum(np.abs(one), np.abs(others)))
