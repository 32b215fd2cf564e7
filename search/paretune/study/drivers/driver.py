"""Who runs a trial, whether that driver still lives, and what a dead one has left behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Driver:
    """One process that runs a study. A pid alone is not enough: it is used again."""

    host: str
    boot: str
    pid: int
    started: float

    @classmethod
    def me(cls) -> Driver:
        """This process."""
        return cls(socket.gethostname(), _boot_id(), os.getpid(), psutil.Process().create_time())

    @property
    def owner(self) -> str:
        """The mark that every process it starts carries in its environment."""
        return f"{self.boot}:{self.pid}:{self.started}"

    def may_live(self) -> bool:
        """False only where it is certain that it is gone: another machine cannot be asked."""
        if self.host != socket.gethostname():
            return True
        if self.boot != _boot_id():
            return False
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < 1e-3
        except psutil.NoSuchProcess:
            return False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Driver:
        return cls(**record)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
