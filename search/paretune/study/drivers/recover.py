"""After a driver has died: its trials are told or marked, its processes ended, nothing is lost."""

from __future__ import annotations

import signal
from pathlib import Path

from optuna.trial import FrozenTrial

from paretune.execute.owned_processes import OWNER_VARIABLE, end_owned_processes
from paretune.execute.trial_run import TrialRun, read_exit
from paretune.measure.bill import Exit
from paretune.optuna_internals import queued_params
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.sessions import others_may_work
from paretune.study.storage import records
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.storage.tell import kept_outcome, tell_outcome
from paretune.trial.outcome import Outcome, Status


def recover(stored: StoredStudy) -> list[str]:
    """Settle every trial whose driver is certainly gone; returns a line for each.

    One that had ended is told as it ended. One that was running is marked `interrupted` with the
    cost it had come to, and its configuration is put first in line again (once: a configuration
    that takes the program down with it must not do so for ever).
    """
    told = []
    dead: set[Driver] = set()
    running = stored.running()
    # One without a mark was being asked for: in that order, lest a driver begin in between.
    unmarked_is_dead = not others_may_work(stored)
    for frozen in running:
        record = frozen.user_attrs.get(records.DRIVER)
        if record is None:
            if unmarked_is_dead:
                told.append(_settle(stored, frozen))
            continue
        if Driver.from_json(record).may_live():
            continue
        dead.add(Driver.from_json(record))
        told.append(_settle(stored, frozen))
    for driver in dead:
        ended = end_owned_processes(OWNER_VARIABLE, driver.owner)
        if ended:
            told.append(f"{ended} processes of the interrupted run were still there; ended them")
    return told


def _settle(stored: StoredStudy, frozen: FrozenTrial) -> str:
    # One that was killed before it had devices has no folder, and nothing is looked for elsewhere.
    directory = stored.reader.directory(frozen) or Path(f"/never-started-{frozen.number}")
    trial = stored.open(frozen)
    outcome = kept_outcome(directory) or _outcome_of(directory)
    outcome = tell_outcome(stored, trial, outcome, directory)
    if outcome.status is not Status.INTERRUPTED:
        return f"trial {frozen.number} had ended ({outcome.status}); it is recorded now"
    # Those it was to have, too: it may have been killed while it was asked for.
    params = {**queued_params(frozen), **frozen.params}
    if records.RETRY_OF in frozen.user_attrs or not params:
        return f"trial {frozen.number} was interrupted again; it is not run a third time"
    stored.enqueue_again(frozen, params)
    return f"trial {frozen.number} was interrupted; its configuration runs again"


def _outcome_of(directory: Path) -> Outcome:
    """What the trial's folder tells of it: its reports, the last meter reading, its exit."""
    run = TrialRun.resume(directory)
    if run is None:  # killed before it had its devices
        return Outcome(Status.INTERRUPTED, error="the program was killed before it began")
    end = read_exit(directory) or Exit(code=-signal.SIGKILL, seconds=run.last_seen)
    return run.finish(end)
