"""Bounds on a figure: a study's constraints ('>= 0.90') and a front's filters ('bits <= 8')."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_BOUND = re.compile(r"\s*(?P<sign>[<>]=?)\s*(?P<bound>\S+)\s*\Z")
_WHERE = re.compile(r"\s*(?P<name>[^\s<>=]+)\s*(?P<rest>[<>=].*)\Z")


@dataclass(frozen=True)
class Condition:
    """`name >= bound`, or with another of the four signs."""

    name: str
    sign: str  # ">=", ">", "<=" or "<"
    bound: float

    @classmethod
    def parse(cls, name: str, text: str) -> Condition:
        """From '>= 0.90'. Raises ValueError, worded for the user."""
        match = _BOUND.match(text)
        bound = _number(match["bound"]) if match else None
        if match is None or bound is None:
            raise ValueError(
                f"is {text!r}: write a bound such as '>= 0.90' or '<= 3' (also: > and <)"
            )
        return cls(name, match["sign"], bound)

    @classmethod
    def parse_where(cls, text: str) -> Condition:
        """From 'accuracy >= 0.95'. Raises ValueError, worded for the user."""
        match = _WHERE.match(text)
        try:
            if match is None:
                raise ValueError
            return cls.parse(match["name"], match["rest"])
        except ValueError:
            raise ValueError(
                f"{text!r} is no condition: write a figure and a bound, such as "
                "'accuracy >= 0.95' (also: <=, > and <)"
            ) from None

    def violation(self, value: float) -> float:
        """How far `value` is on the wrong side: <= 0 where it is met (Optuna's sign).

        NaN violates every bound, by infinity.
        """
        if math.isnan(value):
            return math.inf
        if value == self.bound and self.is_strict:
            return math.ulp(0.0)
        return self.bound - value if self.wants_more else value - self.bound

    @property
    def wants_more(self) -> bool:
        """Is the bound a lower one?"""
        return self.sign.startswith(">")

    @property
    def is_strict(self) -> bool:
        """Is the bound itself on the wrong side?"""
        return not self.sign.endswith("=")

    def met(self, value: float) -> bool:
        """Is `value` on the right side, or on a bound that is not strict?"""
        return self.violation(value) <= 0

    @property
    def text(self) -> str:
        """The bound as the study file has it; `parse` reads it again exactly."""
        return f"{self.sign} {self.bound!r}"

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.bound:g}"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
