"""Keeps the study's note in optuna-dashboard up to date while the study runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import optuna

from paretune.dashboard.publish import publish
from paretune.errors import StorageError
from paretune.study.observer import Observer, RunningTrial, StudyState
from paretune.study.storage.open_storage import patiently
from paretune.study.storage.records import TrialRecord, trial_records

EVERY_SECONDS = 30.0  # a note is a few kilobytes of the database, and its trials' records are read


class Publishing:
    """An observer in front of another one, which it tells everything."""

    def __init__(
        self,
        study: optuna.Study,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study = study
        self.observer = observer
        self.clock = clock
        self._known: dict[int, TrialRecord] = {}
        self._last = clock()

    def started(self, trial: RunningTrial) -> None:
        self.observer.started(trial)

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        self.observer.finished(record, state)
        if self.clock() - self._last >= EVERY_SECONDS:
            self.publish(state)

    def tick(self, state: StudyState) -> None:
        self.observer.tick(state)

    def message(self, text: str) -> None:
        self.observer.message(text)

    def publish(self, state: StudyState) -> None:
        """Renew the note now. A storage that fails here is the loop's to notice, not the note's."""
        with contextlib.suppress(StorageError):
            records = patiently(lambda: trial_records(self.study, self._known), patience=0.0)
            patiently(
                lambda: publish(self.study, records, state.front, state.device_kind), patience=0.0
            )
        self._last = self.clock()
