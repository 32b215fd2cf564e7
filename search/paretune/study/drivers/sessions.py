"""Who has worked on a study, and for how long: each driver keeps a session with the study.

Sessions are the study's own attributes, one for each driver, so that no two write the same one.
They hold the signs of life (paretune.study.drivers.signs_of_life) and the seconds in which the
study was at work, which no step of the wall clock changes: of the drivers that work at one time the
eldest counts them, on its monotonic clock; when it falls silent the next goes on from there. Dates
are for people only.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from paretune.errors import StorageError
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.signs_of_life import SILENT_SECONDS, SignsOfLife
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import study_marks

BEAT_SECONDS = 10.0


@dataclass
class DriverSession:
    """This driver's work on a study, as the study's own attributes record it."""

    stored: StoredStudy
    driver: Driver
    devices: int
    start_seconds: float = 0.0  # from the command to the first trial: import, warm parent
    clock: Callable[[], float] = time.monotonic
    signs: SignsOfLife = field(init=False)
    _others: Mapping[str, Any] = field(default_factory=dict)
    _beat: int = 0
    _led: float = 0.0  # seconds that this driver has counted
    _ended: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.signs = SignsOfLife(self.clock)
        self._began = time.time() - self.start_seconds
        self._order = len(sessions(self.stored.attributes()))  # the eldest has the least
        self._counted_to = self.clock() - self.start_seconds

    def save(self, stored: StoredStudy | None = None) -> None:
        """A sign of life, through this access if another is given; and a look at the others'."""
        stored = stored or self.stored
        with self._lock:
            found = sessions(stored.attributes())
            self._others = {n: session for n, session in found.items() if n != self.driver.owner}
            self.signs.look(self._others)
            self._count()
            self._beat += 1
            mine = {
                "host": socket.gethostname(),
                "began": self._began,
                "last": time.time(),
                "start_seconds": self.start_seconds,
                "devices": self.devices,
                "order": self._order,
                "beat": self._beat,
                "monotonic": self.clock(),
                "seconds": self._led,
                "ended": self._ended,
            }
            stored.set_attribute(study_marks.SESSION + self.driver.owner, mine)

    def close(self) -> None:
        """The driver ends: nobody need wait for its next sign of life."""
        with self._lock:
            self._ended = True
            self.save()

    @property
    def is_alone(self) -> bool:
        """Is no other driver at work?"""
        with self._lock:
            return all(self.signs.is_dead(owner) for owner in self._others)

    def is_dead(self, owner: str) -> bool:
        """Is the driver of that name certainly gone, or silent for so long?"""
        with self._lock:
            return self.signs.is_dead(owner)

    @property
    def devices_at_work(self) -> int:
        """Of every driver that is at work, idle ones too: the next moment they may not be."""
        with self._lock:
            others = [s for owner, s in self._others.items() if not self.signs.is_dead(owner)]
            return self.devices + sum(int(session["devices"]) for session in others)

    def wall_seconds(self) -> float:
        """In which some driver was at work, this one until now."""
        with self._lock:
            others = sum(session["seconds"] for session in self._others.values())
            return float(others) + self._led + max(self.clock() - self._counted_to, 0.0)

    def _count(self) -> None:
        elder = [
            self.signs.last_heard(owner)
            for owner, session in self._others.items()
            if (session["order"], owner) < (self._order, self.driver.owner)
            and not self.signs.is_dead(owner)
        ]
        if elder:  # what they have counted up to their last sign of life is theirs
            self._counted_to = max(self._counted_to, *elder)
            return
        now = self.clock()
        self._led += max(now - self._counted_to, 0.0)
        self._counted_to = now


class Heartbeat:
    """Saves a session every few seconds, from a thread: a long suggestion is no silence."""

    def __init__(self, session: DriverSession, seconds: float = BEAT_SECONDS) -> None:
        self._session = session
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        stored = self._session.stored.without_retries()  # the next beat is soon enough
        while not self._stop.wait(self._seconds):
            with suppress(StorageError, KeyError):  # the loop will notice, too
                self._session.save(stored)


def others_may_work(stored: StoredStudy, clock: Callable[[], float] = time.time) -> bool:
    """May any other driver be at work on the study now? For one look: it cannot wait and see."""
    me, recent = Driver.me().owner, clock() - SILENT_SECONDS
    for owner, session in sessions(stored.attributes()).items():
        if owner == me or session["ended"]:
            continue
        lives = Driver.named(owner).lives()
        if lives or (lives is None and session["last"] > recent):
            return True
    return False


def sessions(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """By the driver's name, what each has left with the study."""
    prefix = study_marks.SESSION
    return {n.removeprefix(prefix): s for n, s in attributes.items() if n.startswith(prefix)}
