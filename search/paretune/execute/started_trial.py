"""A trial that this machine's executor has started: its run, its process, what was told of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil

from paretune.execute import Place
from paretune.execute.trial_limits import Deadline
from paretune.execute.trial_run import Report, TrialRun
from paretune.measure.lease_meter import LeaseMeter


@dataclass
class StartedTrial:
    """Until it is brought back."""

    run: TrialRun
    number: int
    pid: int | None = None  # None until the warm parent has forked it; never signalled from here
    meter: LeaseMeter | None = None
    saved_at: float = 0.0
    told: int = 0  # reports that have been passed on
    deadline: Deadline | None = None  # as the warm parent has been told
    kills: int = 0  # of the host's out-of-memory killer, when the attempt began
    place: Place = Place.DEVICES

    @property
    def directory(self) -> Path:
        """Its folder."""
        return self.run.directory

    def process_ended(self) -> None:
        """There is nothing to be metered until another one has been started."""
        self.pid = self.meter = self.deadline = None

    def fresh_reports(self) -> tuple[Report, ...]:
        """Those that have not been passed on, each of them once."""
        fresh = tuple(self.run.reports[self.told :])
        self.told = len(self.run.reports)
        return fresh

    def end_descendants(self) -> None:
        """What the trial has started and left; the warm parent has ended its group before."""
        for process in self.meter.descendants if self.meter is not None else ():
            with contextlib.suppress(psutil.Error):  # psutil checks that it is the same process
                process.kill()
