"""After a driver has died: its trials are told or marked, its processes ended, nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from paretune.execute.trial_run import TrialRun, read_exit
from paretune.measure.bill import Exit
from paretune.pareto.objectives import Objectives
from paretune.study.drivers.driver import Driver, end_processes_of
from paretune.study.drivers.sessions import others_may_work
from paretune.study.storage import records
from paretune.study.storage.tell import stored_outcome, tell_outcome
from paretune.trial import Outcome, Status


def recover(study: optuna.Study, objectives: Objectives, price: float | None = None) -> list[str]:
    """Settle every trial whose driver is certainly gone; returns a line for each.

    One that had ended is told as it ended. One that was running is marked `interrupted` with the
    cost it had come to, and its configuration is put first in line again (once: a configuration
    that takes the program down with it must not do so for ever).
    """
    told = []
    dead: set[Driver] = set()
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    # One without a mark was being asked for: in that order, lest a driver begin in between.
    unmarked_is_dead = not others_may_work(study)
    for frozen in running:
        record = frozen.user_attrs.get(records.DRIVER)
        if record is None:
            if unmarked_is_dead:
                told.append(_settle(study, frozen, objectives, price))
            continue
        if Driver.from_json(record).may_live():
            continue
        dead.add(Driver.from_json(record))
        told.append(_settle(study, frozen, objectives, price))
    for driver in dead:
        ended = end_processes_of(driver)
        if ended:
            told.append(f"{ended} processes of the interrupted run were still there; ended them")
    return told


def retry(
    study: optuna.Study, trial: FrozenTrial | optuna.Trial, params: Mapping[str, Any]
) -> None:
    """Put an interrupted trial's configuration first in line."""
    marks = {records.RETRY_OF: trial.number}
    if records.BASELINE in trial.user_attrs:
        marks[records.BASELINE] = trial.user_attrs[records.BASELINE]
    study.enqueue_trial(dict(params), user_attrs=marks)


def _settle(
    study: optuna.Study, frozen: FrozenTrial, objectives: Objectives, price: float | None
) -> str:
    # One that was killed before it had devices has no folder, and nothing is looked for elsewhere.
    directory = Path(
        frozen.user_attrs.get(records.DIRECTORY)
        or Path(study.user_attrs[records.FOLDER]) / f"never-started-{frozen.number}"
    )
    trial = optuna.Trial(study, frozen._trial_id)
    outcome = stored_outcome(directory) or _outcome_of(directory)
    outcome = tell_outcome(study, trial, outcome, directory, objectives, price)
    if outcome.status is not Status.INTERRUPTED:
        return f"trial {frozen.number} had ended ({outcome.status}); it is recorded now"
    # Those it was to have, too: it may have been killed while it was asked for.
    params = {**frozen.system_attrs.get("fixed_params", {}), **frozen.params}
    if records.RETRY_OF in frozen.user_attrs or not params:
        return f"trial {frozen.number} was interrupted again; it is not run a third time"
    retry(study, frozen, params)
    return f"trial {frozen.number} was interrupted; its configuration runs again"


def _outcome_of(directory: Path) -> Outcome:
    """What the trial's folder tells of it: its reports, the last meter reading, its exit."""
    run = TrialRun.resume(directory)
    if run is None:  # killed before it had its devices
        return Outcome(Status.INTERRUPTED, error="the program was killed before it began")
    end = read_exit(directory) or Exit(code=-signal.SIGKILL, seconds=run.last_seen)
    return run.finish(end)
