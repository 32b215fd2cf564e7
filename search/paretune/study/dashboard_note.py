"""Keeps the study's note in optuna-dashboard up to date while the study runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from paretune.dashboard.publish import publish
from paretune.errors import StorageError
from paretune.study.observer import Observer, RunningTrial, StudyState
from paretune.study.storage.stored_study import StoredStudy
from paretune.trial.record import TrialRecord

EVERY_SECONDS = 30.0  # a note is a few kilobytes of the database, and its trials' records are read


class Publishing:
    """An observer in front of another one, which it tells everything."""

    def __init__(
        self,
        stored: StoredStudy,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stored = stored.without_retries()  # a note can wait for the next trial
        self.observer = observer
        self.clock = clock
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
            stored, records = self.stored, self.stored.records()
            stored.retry(lambda: publish(stored.study, records, state.front, state.device_kind))
        self._last = self.clock()
