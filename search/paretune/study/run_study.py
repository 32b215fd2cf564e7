"""Runs a study, or a single configuration, on this machine: everything put together."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import threadpoolctl
from optuna.samplers import BaseSampler

from paretune import stoppers
from paretune.catalog import require_trainable
from paretune.errors import SearchError
from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure.devices import Device, choose
from paretune.measure.discovery import discover
from paretune.money.budget import check_prices
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_store import StageStore
from paretune.stoppers import Stopper
from paretune.study.assemble import assemble
from paretune.study.dashboard_note import Publishing
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.recover import Recovery
from paretune.study.drivers.signs_of_life import SignsOfLife
from paretune.study.loop import POLL_SECONDS
from paretune.study.observer import Observer, Summary
from paretune.study.steering.earlier_studies import earlier_studies
from paretune.study.steering.sampling import make_sampler
from paretune.study.storage.open_storage import open_address
from paretune.study.storage.open_study import open_study
from paretune.study.storage.retry import retry_locked
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.changed_code import check_code
from paretune.study.stored_trials.trial_folders import StudyFolder, check_folder
from paretune.track.tracking import Tracking, trackers
from paretune.trial.configuration import Configuration
from paretune.trial.job import Job
from paretune.trial.outcome import Outcome

WORKER_LOG = "worker.log"


def run_study(
    spec: StudySpec,
    *,
    storage_url: str | None = None,
    devices: int | str | Sequence[int] | None = None,
    accept_changed_code: bool = False,
    sampler: BaseSampler | None = None,
    stopper: Stopper | None = None,
    observer: Observer,
) -> Summary:
    """Run a study to its budget, or go on with it. The budget is the study's total.

    `devices` is a count, or positions, as `measure.devices.choose` takes them; None takes all.
    `sampler` and `stopper` stand in for those that the spec names.

    `accept_changed_code` lets a study go on whose earlier trials ran with other code or data.

    Raises SearchError where something the user gave is wrong, or the study cannot go on.
    """
    require_trainable(spec.trainable)
    began = time.monotonic()
    leased = choose(discover(), devices)
    check_prices(spec, leased[0].kind)
    address = StorageAddress.of(storage_url)
    storage = open_address(address)
    folder = StudyFolder.at(address, spec.name)
    check_folder(folder.path)
    earlier = earlier_studies(spec, storage_url)
    searcher = make_sampler(spec, sampler)
    told = trackers(spec, folder.path)
    judge = stoppers.make(
        spec.stopper if stopper is None else stopper, folder=spec.search_path or None
    )
    study, notes = retry_locked(lambda: open_study(spec, storage, folder, leased, searcher))
    stored = StoredStudy(study, folder)
    notes += Recovery(stored, SignsOfLife()).look()
    for note in notes:
        observer.message(note)
    store = None
    if spec.store_limit_mib > 0:
        store = StageStore(address.stages_folder, spec.store_limit_mib)
    search_path = spec.search_path or None
    with contextlib.ExitStack() as until_the_end:
        until_the_end.enter_context(_terminated_as_interrupted())
        with _forgotten_if_refused(stored):
            executor = until_the_end.enter_context(
                _executor(leased, spec.trainable, search_path, folder.path, spec.data, observer)
            )
            for note in check_code(
                stored,
                executor.code_version,
                executor.data_version,
                accepted=accept_changed_code,
            ):
                observer.message(note)
        started = time.monotonic() - began
        tracking = until_the_end.enter_context(Tracking(spec, observer, told))
        publishing = Publishing(stored, spec, tracking)
        # The trials have the cores: threads of ours would wait for each other there.
        with threadpoolctl.threadpool_limits(1):
            loop = assemble(
                stored,
                spec,
                executor,
                folder,
                stopper=judge,
                observer=publishing,
                store=store,
                earlier_studies=earlier,
                start_seconds=started,
            )
            summary = loop.run()
        publishing.publish(summary.state)
        return summary


def run_single(
    *,
    trainable: str,
    params: Mapping[str, Any],
    data: Mapping[str, Any],
    seed: int,
    folder: Path,
    search_path: str | None = None,
    code_version: str | None = None,
    devices: str | None = None,
    observer: Observer,
) -> Outcome:
    """Train one configuration; `params` are complete, [train] settings included.

    Its files are left in `folder`. The observer is told where the code is another than
    `code_version`. Raises SearchError like `run_study`.
    """
    require_trainable(trainable)
    leased = choose(discover(), devices)
    folder.mkdir(parents=True, exist_ok=True)
    with _executor(leased, trainable, search_path, folder, data, observer) as executor:
        job = Job(
            number=0,
            trainable=trainable,
            params=params,
            directory=str(folder.absolute()),
            seed=seed,
            data=data,
            search_path=search_path,
        )
        if code_version and executor.code_version not in ("", code_version):
            observer.message(
                "its code, or a library that it uses, has changed since: figures may differ"
            )
        executor.start(job, Configuration(params).gpu_count)
        while True:
            for event in executor.poll(POLL_SECONDS):
                if isinstance(event, Finished):
                    return event.outcome


@contextmanager
def _forgotten_if_refused(stored: StoredStudy) -> Iterator[None]:
    """A study that cannot begin is not left in the storage, where it would be resumed or listed."""
    try:
        yield
    except SearchError:
        stored.delete_unless_begun()
        raise


@contextmanager
def _executor(
    devices: Sequence[Device],
    trainable: str,
    search_path: str | None,
    folder: Path,
    data: Mapping[str, Any],
    observer: Observer,
) -> Iterator[LocalExecutor]:
    """This machine's executor, what it logs told to the observer; closed at the end."""
    executor = LocalExecutor(
        devices, trainable, search_path, folder / WORKER_LOG, data=data, owner=Driver.me().owner
    )
    handler = _MessageHandler(observer)
    logging.getLogger("paretune").addHandler(handler)
    try:
        yield executor
    finally:
        executor.close()
        logging.getLogger("paretune").removeHandler(handler)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A plain `kill` ends a study as Ctrl-C does: trials marked, children gone."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _MessageHandler(logging.Handler):
    """What the engine logs is told to whoever watches the study."""

    def __init__(self, observer: Observer) -> None:
        super().__init__(logging.INFO)
        self.observer = observer

    def emit(self, record: logging.LogRecord) -> None:
        self.observer.message(record.getMessage())


def _interrupt(_number: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt
