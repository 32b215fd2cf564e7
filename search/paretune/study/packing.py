"""Which waiting trial gets the free devices: first come first served, with bounded backfill.

A trial that needs more devices than are free would idle them, so later ones that fit may pass it;
but only `most_passes` times, after which the devices are left to drain until it fits. So no free
device idles for ever, and nobody starves (the idea of EASY backfilling: Lifka 1995).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Waiting:
    """A trial that has its parameters and needs devices."""

    number: int
    gpu_count: int


@dataclass
class Packing:
    """The queue of the trials that wait."""

    capacity: int  # devices there are
    most_passes: int = 4  # of the first in line by others, until the devices drain for it
    waiting: list[Waiting] = field(default_factory=list)
    passed: int = 0  # how many have passed the first in line

    def add(self, number: int, gpu_count: int) -> None:
        """Put a trial at the end of the line. Raises ValueError if it could never fit."""
        if not 1 <= gpu_count <= self.capacity:
            raise ValueError(f"trial {number}: gpu_count {gpu_count} of {self.capacity} devices")
        self.waiting.append(Waiting(number, gpu_count))

    def next(self, free: int, held: Container[int] = ()) -> Waiting | None:
        """Take the trial out that should start now on `free` devices; None if none should.

        Those in `held` wait for something else than devices: they stand aside, and being
        passed does not count for them.
        """
        ready = [waiting for waiting in self.waiting if waiting.number not in held]
        for position, candidate in enumerate(ready):
            if position > 0 and self.passed >= self.most_passes:
                return None
            if candidate.gpu_count <= free:
                self.passed = 0 if position == 0 else self.passed + 1
                self.waiting.remove(candidate)
                return candidate
        return None

    def first(self, held: Container[int] = ()) -> Waiting | None:
        """The first in line, which stays there; None where none waits for devices alone."""
        return next((waiting for waiting in self.waiting if waiting.number not in held), None)

    def wants_more(self, free: int, held: Container[int] = (), *, soon: bool = False) -> bool:
        """Could another trial use a device that would idle otherwise? `soon`: one will be free."""
        ready = [waiting for waiting in self.waiting if waiting.number not in held]
        # Beside the first in line one more that does not fit may wait, and as many as there are
        # devices may be held: a sampler that keeps proposing such would fill the line for ever.
        if len(self.waiting) - len(ready) > self.capacity:
            return False
        if free == 0:
            return soon and not ready
        return not ready or (self.passed < self.most_passes and len(ready) <= 1)
