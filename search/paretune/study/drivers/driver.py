"""Who runs a trial, and whether that process still lives, where this one can see it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from paretune.execute.owned_processes import OWNER_VARIABLE, end_owned_processes

_STARTED, _STATE = 19, 0  # fields 22 and 3 of /proc/PID/stat, counted after the command's name
_ENDED = ("Z", "X")


@dataclass(frozen=True)
class Driver:
    """One process that runs a study. A pid alone is not enough: it is used again.

    Attributes:
        boot: The running kernel.
        namespace: In which its pid is one: containers of one kernel have pids of their own.
        pid: Its number there.
        ticks: When it started, in clock ticks since the kernel did: no clock that anybody sets.
    """

    boot: str
    namespace: int
    pid: int
    ticks: int

    @classmethod
    def me(cls) -> Driver:
        """This process."""
        about = _stat(os.getpid())
        return cls(boot_id(), _namespace(), os.getpid(), int(about[_STARTED]) if about else 0)

    @property
    def owner(self) -> str:
        """Its name in the storage, and in the environment of every process that it starts."""
        return f"{self.boot}:{self.namespace}:{self.pid}:{self.ticks}"

    @classmethod
    def named(cls, owner: str) -> Driver:
        """The driver of that name. Raises ValueError where it is none."""
        boot, namespace, pid, ticks = owner.rsplit(":", 3)
        return cls(boot, int(namespace), int(pid), int(ticks))

    @property
    def is_here(self) -> bool:
        """Can this process see it? Not in another container, and not on another machine."""
        return (self.boot, self.namespace) == (boot_id(), _namespace())

    def lives(self) -> bool | None:
        """Is it a process now? None where it cannot be seen."""
        if not self.is_here:
            return None
        about = _stat(self.pid)
        return (
            about is not None and int(about[_STARTED]) == self.ticks and about[_STATE] not in _ENDED
        )


def end_processes_of(driver: Driver) -> int:
    """Kill every process that a driver has left that is certainly dead; returns how many.

    Nothing is done where it lives, or cannot be seen: then they may be at work.
    """
    if driver.lives() is not False:
        return 0
    return end_owned_processes(OWNER_VARIABLE, driver.owner)


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Of the kernel: all its containers have the same one, and the same CLOCK_MONOTONIC."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _namespace() -> int:
    return os.stat("/proc/self/ns/pid").st_ino


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the command's name may hold anything
