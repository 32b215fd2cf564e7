"""Processes that warm up for trials that are next, beside those that have the devices now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretune.measure import Measurement
from paretune.measure.memory_meter import MemoryMeter

FIRST_SECONDS = 6.0  # that warming is taken to need before one has been seen
MARGIN = 1.5  # times as long as the last one needed is a process waited for


@dataclass
class ReadyTrial:
    """A trial's process before the trial has devices."""

    devices: tuple[str, ...]  # that it warms up on
    since: float  # when it was asked for, CLOCK_MONOTONIC
    pid: int | None = None  # None until it has been forked
    began_with_mib: float = 0.0  # of the host's memory
    warming: Measurement | None = None  # None until it is ready


class ReadyTrials:
    """By trial; at most one for each set of devices. Told of every event of the warm parent."""

    def __init__(self) -> None:
        self._trials: dict[int, ReadyTrial] = {}
        self.seconds = FIRST_SECONDS  # before its trial begins a process is to be prepared

    def __contains__(self, number: int) -> bool:
        return number in self._trials

    def prepare(self, number: int, devices: tuple[str, ...]) -> list[int]:
        """A process is asked for; returns the trials whose processes it takes the place of."""
        replaced = [n for n, trial in self._trials.items() if trial.devices == devices]
        for other in replaced:
            del self._trials[other]
        self._trials[number] = ReadyTrial(devices, time.monotonic())
        return replaced

    def hear(self, event: Mapping[str, Any]) -> None:
        """Events about other things, or processes that are not wanted any more, pass."""
        trial = self._trials.get(event.get("number", -1))
        if trial is None:
            return
        if event["event"] == "preparing":
            trial.pid = event["pid"]
            trial.began_with_mib = MemoryMeter(event["pid"]).baseline_mib
        elif event["event"] == "ready_process":
            trial.warming = warming(event["seconds"], event["cpu_seconds"])
            self.seconds = MARGIN * event["seconds"]
        elif event["event"] == "unready":
            del self._trials[event["number"]]

    def devices_of(self, number: int) -> tuple[str, ...]:
        """On which a trial's process warms up; () where it has none."""
        trial = self._trials.get(number)
        return () if trial is None else trial.devices

    def claim(self, number: int, devices: tuple[str, ...]) -> ReadyTrial | None:
        """The trial begins on these devices: its process, if that is warm there, or soon."""
        trial = self._trials.pop(number, None)
        if trial is None or trial.pid is None or trial.devices != devices:
            return None
        late = time.monotonic() - trial.since >= self.seconds
        return None if late and trial.warming is None else trial

    def forget(self) -> None:
        """The warm parent is gone, and all of them with it."""
        self._trials.clear()


def warming(seconds: float, cpu_seconds: float | None) -> Measurement:
    """It held no device: another trial did, whose bill has the time and the energy."""
    return Measurement(
        wall_seconds=seconds,
        gpu_busy_seconds=0.0,
        cpu_seconds=cpu_seconds,
        energy_j=0.0,
        core_seconds=cpu_seconds or 0.0,
    )
