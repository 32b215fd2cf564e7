"""Keeps what optuna-dashboard shows of a study up to date: by its driver, and by the dashboard."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import optuna

from paretune.dashboard.artifacts import ARTIFACTS
from paretune.dashboard.front_files import store_files
from paretune.dashboard.importances import importances
from paretune.dashboard.publish import publish, publish_artifacts, publish_note
from paretune.dashboard.shown_study import ShownStudy
from paretune.errors import SearchError, StorageError
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Observer, RunningTrial, StudyState
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.records import CURVE
from paretune.trial.record import TrialRecord

EVERY_SECONDS = 30.0  # a note is a few kilobytes of the database, and its trials' records are read


class Publishing:
    """An observer in front of another one, which it tells everything."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stored = stored.without_retries()  # a note can wait for the next trial
        self.spec = spec
        self.observer = observer
        self.clock = clock
        self._last = clock()

    def started(self, trial: RunningTrial) -> None:
        self.observer.started(trial)

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        self.observer.finished(record, state)
        if self.clock() - self._last >= EVERY_SECONDS:
            self._publish(publish_note, state)
            self._last = self.clock()

    def tick(self, state: StudyState) -> None:
        self.observer.tick(state)

    def message(self, text: str) -> None:
        self.observer.message(text)

    def publish(self, state: StudyState) -> None:
        """Everything, now that no trial runs beside it."""
        self._publish(
            lambda study, shown: publish(study, replace(shown, curves=curves_of(study))), state
        )

    def _publish(
        self, how: Callable[[optuna.Study, ShownStudy], object], state: StudyState
    ) -> None:
        # A storage that fails here is the loop's to notice, not the note's.
        with contextlib.suppress(StorageError):
            stored = self.stored
            shown = ShownStudy(
                spec=self.spec,
                device_kind=state.device_kind,
                records=stored.records(),
                front=state.front,
            )
            stored.retry(lambda: how(stored.study, shown))


class DashboardRenewal:
    """Brings notes, graphs and files of all studies of a storage up to date, where trials ended.

    Of a storage that is not to be written the studies are shown as their drivers left them.
    """

    def __init__(self, names: Callable[[], Sequence[str]], storage_url: str | None) -> None:
        self._names = names
        self._storage_url = storage_url
        self._seen: dict[str, tuple[int, int]] = {}  # trials, and those that have ended

    def renew(self) -> None:
        """Look at every study; what fails for one is tried again at the next look."""
        try:
            names = self._names()
        except (SearchError, optuna.exceptions.OptunaError):
            return
        for name in names:
            with contextlib.suppress(SearchError, optuna.exceptions.OptunaError):
                loaded = load_study(name, self._storage_url)
                ended = sum(record.status is not None for record in loaded.records)
                state = (len(loaded.records), ended)
                if self._seen.get(name) != state:
                    renew_study(loaded)
                    self._seen[name] = state


def renew_study(loaded: LoadedStudy) -> None:
    """Everything that the dashboard shows of one study: seconds, with the importances."""
    study = loaded.study
    shown = ShownStudy(
        loaded.spec, loaded.device_kind, loaded.records, loaded.front, curves_of(study)
    )
    shares = importances(study, loaded.spec.objectives.names)
    publish(study, shown, {} if shares is None else {"paretune-8-importances": shares})
    files = store_files(shown, loaded.folder / ARTIFACTS, loaded.id)
    publish_artifacts(study, files)


def curves_of(study: optuna.Study) -> dict[int, dict[str, list[float]]]:
    """Each objective after each epoch, by trial, of those that kept it."""
    trials = study.get_trials(deepcopy=False)
    return {t.number: t.user_attrs[CURVE] for t in trials if CURVE in t.user_attrs}
