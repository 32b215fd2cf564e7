"""A process that warms up for its trial before there are devices for it.

It does what costs every trial alike (a CUDA context, libraries, data on the device) beside the
trial that has the devices now, and then waits. A trial may begin a little before its process is
warm: that still takes less than to begin anew. A warming that fails, or hangs beyond its time, is
ended, and its trial forked like any other.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretune.measure.memory_meter import MemoryMeter
from paretune.trainables import Trainable
from paretune.trial.files import LOG
from paretune.worker.trial_output import redirect


@dataclass
class ReadyProcess:
    """The warm parent's end: a process that warms up, or waits for its trial."""

    pid: int
    channel: socket.socket
    due: float  # CLOCK_MONOTONIC: by then it is warm, or its trial does not wait for it
    is_warm: bool = False
    directory: str | None = None  # of its trial, once that has begun

    def is_overdue(self, now: float) -> bool:
        """Does its trial wait for it in vain?"""
        return self.directory is not None and not self.is_warm and now >= self.due

    def ready_after(self) -> dict[str, float] | None:
        """How long warming took, once that is told; None where the process has ended instead."""
        try:
            told = self.channel.recv(4096)
        except OSError:
            return None
        found: dict[str, float] | None = json.loads(told) if told else None
        self.is_warm = found is not None
        return found

    def begin(self, directory: str) -> bool:
        """Have it run the trial of that folder once it is warm; False where it is gone."""
        try:
            self.channel.sendall(directory.encode())
        except OSError:
            return False
        self.directory = directory
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


def live(
    channel: socket.socket,
    trainable: Trainable,
    data: Mapping[str, Any],
    devices: Sequence[str],
    device_kind: str,
) -> None:
    """In the process itself: warm up, wait, run the trial. `data`: the study's [data] table."""
    from paretune.worker.trial_process import run_assignment

    memory = MemoryMeter(os.getpid())  # what the warming allocates is the trial's
    warm_up = trainable.warm_up or (lambda devices, data: None)
    directory = warm_up_and_wait(
        channel, devices, device_kind, lambda: warm_up(tuple(devices), data)
    )
    if directory is not None:
        redirect(Path(directory) / LOG)
        run_assignment(directory, trainable, began_with_mib=memory.baseline_mib)
