"""A trial between ask and tell, as the loop's parts see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import optuna

from paretune.execute import Place
from paretune.execute.trial_run import Report
from paretune.stages.stage_keys import PlannedStage
from paretune.trial.configuration import Configuration
from paretune.trial.job import Assignment


@dataclass
class AskedTrial:
    """It waits for devices until it has an assignment."""

    trial: optuna.Trial
    configuration: Configuration
    baseline: int | None  # position among the study's baselines, from 1; None: not one
    was_queued: bool = False  # put in line beforehand, not looked for by the sampler
    seed: int | None = None  # of a replicate's training; None: the study's
    planned: Sequence[PlannedStage] = ()
    assignment: Assignment | None = None
    place: Place = Place.DEVICES  # once it has one
    since: float = 0.0  # when it was started
    epoch: int | None = None  # of its last report
    metrics: Mapping[str, float] | None = None  # of its last report

    @property
    def number(self) -> int:
        """Of the trial in its study."""
        return self.trial.number

    @property
    def has_given_back(self) -> bool:
        """Are its devices free again, though it has not ended?"""
        return self.place is not Place.DEVICES

    @property
    def devices(self) -> int:
        """How many it holds now."""
        return 0 if self.assignment is None or self.has_given_back else len(self.assignment.devices)

    @property
    def runs_to_its_end(self) -> bool:
        """Is it never given up for its own sake? A user's own point, or a replicate."""
        return self.baseline is not None or self.seed is not None

    def hear(self, reports: Sequence[Report]) -> None:
        """Keep the last of what it has reported."""
        if reports:
            self.epoch, self.metrics = reports[-1].epoch, reports[-1].metrics
