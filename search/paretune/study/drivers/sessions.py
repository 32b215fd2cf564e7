"""Who has worked on a study, and when: each driver leaves its beginning and last sign of life.

Kept among the study's own attributes, one for each driver, so that no two write the same one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paretune.study.drivers.driver import Driver
from paretune.study.storage import records
from paretune.study.storage.stored_study import StoredStudy

_SILENT_SECONDS = 60.0  # a driver that has not been heard of for so long runs no trial


@dataclass
class DriverSession:
    """This driver's work on a study, as the study's own attributes record it."""

    stored: StoredStudy
    driver: Driver
    devices: int
    start_seconds: float = 0.0  # from the command to the first trial: import, warm parent
    clock: Callable[[], float] = time.time
    began: float = field(init=False)
    _others: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.clock() - self.start_seconds

    def save(self) -> None:
        """A sign of life; and a look at the other drivers'."""
        mine = {
            "driver": self.driver.to_json(),
            "began": self.began,
            "last": self.clock(),
            "start_seconds": self.start_seconds,
            "devices": self.devices,
        }
        self.stored.set_attribute(records.SESSION + self.driver.owner, mine)
        attributes = self.stored.attributes()
        self._others = {
            name: session
            for name, session in sessions(attributes).items()
            if name != self.driver.owner
        }

    @property
    def is_alone(self) -> bool:
        """Has no other driver given a sign of life lately?"""
        recent = self.clock() - _SILENT_SECONDS
        return not any(other["last"] > recent for other in self._others.values())

    def wall_seconds(self) -> float:
        """In which some driver was at work, this one until now."""
        spans = [(other["began"], other["last"]) for other in self._others.values()]
        return union([*spans, (self.began, self.clock())])


def others_may_work(stored: StoredStudy, clock: Callable[[], float] = time.time) -> bool:
    """May any other driver be at work on the study now?"""
    me, recent = Driver.me(), clock() - _SILENT_SECONDS
    for session in sessions(stored.attributes()).values():
        driver = Driver.from_json(session["driver"])
        if driver == me or not driver.may_live():
            continue
        # Another machine's processes cannot be asked: there the signs of life must do.
        if driver.host == me.host or session["last"] > recent:
            return True
    return False


def sessions(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """By owner, what each driver has left with the study."""
    prefix = records.SESSION
    return {n.removeprefix(prefix): s for n, s in attributes.items() if n.startswith(prefix)}


def union(spans: Sequence[tuple[float, float]]) -> float:
    """The length of what the spans cover together."""
    covered, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        covered += max(end - max(begin, until), 0.0)
        until = max(until, end)
    return covered
