"""Which other drivers are at work, without asking any clock that can be set.

A driver's session in the storage has a beat, which it raises every few seconds. A driver that can
be seen lives if its process does. Of one in another container of this kernel the session tells, on
the common CLOCK_MONOTONIC, when the beat was raised. Of one on another machine only this is known:
has the beat changed since it was last looked at, by one's own clock. A long silence means dead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from paretune.study.drivers.driver import Driver, boot_id

SILENT_SECONDS = 60.0  # a driver that has not been heard of for so long runs no trial


class SignsOfLife:
    """What one process has seen of the drivers of a study."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: Mapping[str, Mapping[str, Any]] = {}
        self._beats: dict[str, tuple[Any, float]] = {}  # the last beat, and when it was first seen
        self._heard: set[str] = set()  # whose beat has changed while this process looked

    def look(self, sessions: Mapping[str, Mapping[str, Any]]) -> None:
        """Take in the sessions as the storage has them now, by their drivers' names."""
        self._sessions = sessions
        for owner, session in sessions.items():
            self._see(owner, session.get("beat"))

    def last_heard(self, owner: str) -> float:
        """When the driver last gave a sign of life, by this process's clock."""
        session, now = self._sessions.get(owner), self._clock()
        self._see(owner, None if session is None else session.get("beat"))
        if session is not None and owner.startswith(f"{boot_id()}:"):
            raised = session.get("monotonic", now)
            if raised <= now:
                return float(raised)
        return self._beats[owner][1]

    def is_dead(self, owner: str) -> bool:
        """Is it certain, or has it been silent for so long that it must be taken for dead?"""
        lives = Driver.named(owner).lives()
        if lives is not None:
            return not lives
        if self._sessions.get(owner, {}).get("ended"):
            return True
        return self._clock() - self.last_heard(owner) > SILENT_SECONDS

    def is_certain(self, owner: str) -> bool:
        """Is it known whether it lives, or must it be watched for a while yet?"""
        return self.is_dead(owner) or owner in self._heard or Driver.named(owner).lives() is True

    def _see(self, owner: str, beat: Any) -> None:
        seen = self._beats.get(owner)
        if seen is None:
            self._beats[owner] = (beat, self._clock())
        elif seen[0] != beat:
            self._beats[owner] = (beat, self._clock())
            self._heard.add(owner)
