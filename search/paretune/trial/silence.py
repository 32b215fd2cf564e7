"""How long a trial has been silent, as far as anybody was there to listen.

A container that is frozen and woken, or a machine that was suspended, stops the trial and those who
watch it alike: to them the clock leaps. So a look counts for no more than the time that usually
goes by between two.
"""

from __future__ import annotations

LOOK_SECONDS = 1.0  # a longer gap between two looks is the onlooker's own, not the trial's


class Silence:
    """Of one trial, as one process sees it; moments are CLOCK_MONOTONIC."""

    def __init__(self, now: float) -> None:
        self._heard = now
        self._looked = now

    def hear(self, moment: float) -> None:
        """The trial has told something; words may come late, and in any order."""
        self._heard = max(self._heard, moment)

    def look(self, now: float) -> float:
        """Seconds since the trial was heard. To be asked at least every LOOK_SECONDS."""
        gap = max(now - self._looked - LOOK_SECONDS, 0.0)
        self._heard = min(self._heard + gap, now)
        self._looked = now
        return now - self._heard
