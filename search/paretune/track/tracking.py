"""Tells trackers of every trial that ends, beside the study: it never waits for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from paretune.extras import require
from paretune.spec.study_spec import StudySpec
from paretune.track.tracked_trial import TrackedTrial, Tracker
from paretune.trial.record import TrialRecord

if TYPE_CHECKING:  # it stands in front of one, and needs none
    from paretune.study.observer import Observer, RunningTrial, StudyState

LAST_SECONDS = 60.0  # that the end of a run waits for what is still to be written
OpenTracker = Callable[[], Tracker]


def trackers(spec: StudySpec, folder: Path) -> dict[str, OpenTracker]:
    """Those that the study names, by name; not yet opened.

    Raises MissingExtraError where one is not installed.
    """
    found: dict[str, OpenTracker] = {}
    for name in spec.track:
        require(name, f"[track] {name}")
    if "mlflow" in spec.track:
        found["mlflow"] = lambda: _mlflow(spec.track["mlflow"])
    if "wandb" in spec.track:
        found["wandb"] = lambda: _wandb(spec.track["wandb"], folder)
    return found


def _mlflow(uri: str) -> Tracker:
    from paretune.track.mlflow_tracker import MlflowTracker

    return MlflowTracker(uri)


def _wandb(project: str, folder: Path) -> Tracker:
    from paretune.track.wandb_tracker import WandbTracker

    return WandbTracker(project, folder)


class Tracking:
    """An observer in front of another one, which it tells everything.

    A tracker that fails is told once, and left alone from then on.
    """

    def __init__(
        self, spec: StudySpec, observer: Observer, opened: Mapping[str, OpenTracker]
    ) -> None:
        self.spec = spec
        self.observer = observer
        self._writers = [_Writer(name, tracker) for name, tracker in opened.items()]

    def __enter__(self) -> Tracking:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._writers:
            writer.finish()
        self._tell()

    def started(self, trial: RunningTrial) -> None:
        self.observer.started(trial)

    def finished(self, record: TrialRecord, state: StudyState) -> None:
        self.observer.finished(record, state)
        if self._writers:
            params = self.spec.configure(record.params).params
            trial = TrackedTrial.of(state.name, record, params, state.device_kind)
            for writer in self._writers:
                writer.put(trial)
        self._tell()

    def tick(self, state: StudyState) -> None:
        self.observer.tick(state)
        self._tell()

    def message(self, text: str) -> None:
        self.observer.message(text)

    def _tell(self) -> None:
        for writer in self._writers:
            for line in writer.problems():
                self.observer.message(line)


class _Writer:
    """One tracker in a thread of its own, since it may be slow, or far away."""

    def __init__(self, name: str, opened: OpenTracker) -> None:
        self._name, self._open = name, opened
        self._waiting: queue.Queue[TrackedTrial | None] = queue.Queue()
        self._problems: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"track-{name}", daemon=True)
        self._started = False

    def put(self, trial: TrackedTrial) -> None:
        if not self._started:
            self._thread.start()
            self._started = True
        self._waiting.put(trial)

    def finish(self) -> None:
        """Wait until everything is written, but not for long."""
        if not self._started:
            return
        self._waiting.put(None)
        self._thread.join(LAST_SECONDS)
        if self._thread.is_alive():
            self._problems.put(
                f"[track] {self._name} has not taken everything in {LAST_SECONDS:.0f} s: "
                "the last trials are missing there"
            )

    def problems(self) -> Sequence[str]:
        """What has gone wrong since it was last asked."""
        found = []
        while not self._problems.empty():
            found.append(self._problems.get())
        return found

    def _run(self) -> None:
        try:
            tracker = self._open()
            while (trial := self._waiting.get()) is not None:
                tracker.log(trial)
            tracker.close()
        except Exception as error:  # whatever a tracker, or its server, may do
            first = str(error).strip().splitlines()[:1] or [""]
            self._problems.put(
                f"[track] {self._name} fails, and is left out from now on: "
                f"{type(error).__name__}: {first[0][:300]}"
            )
