"""A process that warms up for its trial before there are devices for it.

It does what costs every trial alike (a CUDA context, libraries, data on the device) beside the
trial that has the devices now, and then waits. A warming that fails or hangs is ended, and its
trial forked like any other.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReadyProcess:
    """The warm parent's end: a process that warms up, or waits for its trial."""

    pid: int
    channel: socket.socket

    def ready_after(self) -> dict[str, float] | None:
        """How long warming took, once that is told; None where the process has ended instead."""
        try:
            told = self.channel.recv(4096)
        except OSError:
            return None
        found: dict[str, float] | None = json.loads(told) if told else None
        return found

    def begin(self, directory: str) -> bool:
        """Have it run the trial of that folder; False where it is gone."""
        try:
            self.channel.sendall(directory.encode())
        except OSError:
            return False
        finally:
            self.channel.close()
        return True


def warm_up_and_wait(
    channel: socket.socket,
    devices: Sequence[str],
    device_kind: str,
    warm_up: Callable[[], Any],
) -> str | None:
    """In the process itself; returns the folder of its trial, None where it is not wanted."""
    from paretune.worker.trial_process import bind

    began = time.monotonic()
    bind(devices, device_kind)
    warm_up()
    told = {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time()}
    channel.sendall(json.dumps(told).encode())
    directory = channel.recv(os.pathconf("/", "PC_PATH_MAX"))
    channel.close()
    return directory.decode() or None
