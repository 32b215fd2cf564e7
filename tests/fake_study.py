"""A study of a fake executor: the real loop and storage, and no process beside the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from fake_executor import FakeExecutor, Law
from optuna.storages import BaseStorage, InMemoryStorage
from paretune import stoppers
from paretune.spec.study_spec import StudySpec
from paretune.stoppers import Stopper
from paretune.study.assemble import assemble
from paretune.study.loop import StudyLoop
from paretune.study.observer import Silent, Summary
from paretune.study.steering.sampling import make_sampler
from paretune.study.storage.open_study import open_study
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.record import TrialRecord


@dataclass
class FakeStudy:
    """Opens and resumes one study in memory; `run` goes on with it as another call would."""

    spec: StudySpec
    law: Callable[[Mapping[str, Any]], Law]
    folder: Path
    devices: int = 2
    stopper: Stopper | None = None  # in place of the one that the spec names
    storage: BaseStorage = field(default_factory=InMemoryStorage)
    observer: Silent = field(default_factory=Silent)

    def open(self, **budget: Any) -> StudyLoop:
        """The loop of a new call."""
        spec = self.spec.with_budget(**budget) if budget else self.spec
        self.executor = FakeExecutor(self.law, self.devices)
        folder = StudyFolder(self.folder, str(self.folder))
        study, notes = open_study(
            spec, self.storage, folder, self.executor.devices, make_sampler(spec)
        )
        self.observer.messages += notes
        self.stored = StoredStudy(study, folder)
        return assemble(
            self.stored,
            spec,
            self.executor,
            folder,
            stopper=self.stopper or stoppers.make(spec.stopper),
            observer=self.observer,
            clock=lambda: self.executor.now,
        )

    def run(self, **budget: Any) -> Summary:
        """To its end; `budget` changes the study's totals."""
        return self.open(**budget).run()

    @property
    def records(self) -> list[TrialRecord]:
        return self.stored.records()

    @property
    def trials(self) -> list[optuna.trial.FrozenTrial]:
        return self.stored.study.trials
