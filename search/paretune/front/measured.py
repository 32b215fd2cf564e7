"""A measured figure: its value, how uncertain it is, and how that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

COVERAGE = 0.95  # of the intervals that are shown
_NORMAL = NormalDist()


def wilson_interval(share: float, count: int, coverage: float = COVERAGE) -> tuple[float, float]:
    """Where a share that was `share` of `count` examples lies in truth.

    The score interval of Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (1927).

    Args:
        share: Of the examples that were hits, 0 to 1.
        count: Of the examples, at least 1.
        coverage: Of the interval.

    Examples:
        >>> low, high = wilson_interval(0.95, 359)
        >>> round(low, 3), round(high, 3)
        (0.922, 0.968)
    """
    centre, half = _wilson(share, count, _NORMAL.inv_cdf(0.5 + coverage / 2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def wilson_error(share: float, count: int) -> float:
    """The standard error of a share: half of Wilson's interval of one standard deviation.

    Unlike sqrt(p (1 - p) / n) it is above 0 where every example was a hit.
    """
    return _wilson(share, count, 1.0)[1]


def _wilson(share: float, count: int, z: float) -> tuple[float, float]:
    scale = 1 + z**2 / count
    centre = (share + z**2 / (2 * count)) / scale
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / scale
    return centre, half


@dataclass(frozen=True)
class Measured:
    """A figure of a configuration, the mean of what was measured of it.

    Attributes:
        value: In the figure's own unit.
        standard_error: Of the value, in the same unit; None where nothing tells it.
        measurements: How many the value is the mean of; copies are not counted.
        source: What the standard error rests on, in words.
        images: How many validation images it rests on, where it is a share of them.
    """

    value: float
    standard_error: float | None
    measurements: int
    source: str
    images: int | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true value lies with a probability of 95 %; None where nothing tells it.

        Of a share of images Wilson's, as much wider as seeds add to its standard error.
        """
        if self.standard_error is None:
            return None
        z = _NORMAL.inv_cdf(0.5 + COVERAGE / 2)
        if self.images is None or not 0 <= self.value <= 1:
            reach = z * self.standard_error
            return self.value - reach, self.value + reach
        centre, half = _wilson(self.value, self.images, z)
        half *= max(self.standard_error / wilson_error(self.value, self.images), 1.0)
        return max(centre - half, 0.0), min(centre + half, 1.0)

    def to_json(self) -> dict[str, Any]:
        """For the JSON contract."""
        return {
            "value": self.value,
            "standard_error": self.standard_error,
            "interval": None if self.interval is None else list(self.interval),
            "measurements": self.measurements,
            "source": self.source,
        }
