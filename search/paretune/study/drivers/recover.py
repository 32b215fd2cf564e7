"""After a driver has died: its trials are told or marked, its processes ended, nothing is lost."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path

from optuna.trial import FrozenTrial

from paretune.execute.trial_run import TrialRun, read_exit
from paretune.measure.bill import Exit
from paretune.optuna_internals import queued_params
from paretune.study.drivers.driver import Driver, end_processes_of
from paretune.study.drivers.sessions import BEAT_SECONDS, sessions
from paretune.study.drivers.signs_of_life import SILENT_SECONDS, SignsOfLife
from paretune.study.storage.stored_study import StoredStudy, TrialSettled
from paretune.study.stored_trials import records
from paretune.study.stored_trials.tell import kept_outcome, tell_outcome
from paretune.trial.outcome import Outcome, Status


class Recovery:
    """Settles the trials of drivers that have died, for one driver, for as long as it works."""

    def __init__(
        self,
        stored: StoredStudy,
        signs: SignsOfLife,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stored = stored
        self._signs = signs
        self._clock = clock
        self._me = Driver.me().owner
        self._unmarked: dict[int, float] = {}  # trials without a driver, since when
        self._looked = -math.inf
        self.undecided = False  # is there a trial of which it is not known whether it runs?

    def look_if_due(self, own: Collection[int]) -> list[str]:
        """As `look`, every few seconds; says once that a driver is being waited for."""
        if self._clock() - self._looked < BEAT_SECONDS:
            return []
        waited, self._looked = self.undecided, self._clock()
        told = self.look(own)
        if self.undecided and not waited:
            told.append("another driver has left trials: whether it lives shows within 60 s")
        return told

    def look(self, own: Collection[int] = ()) -> list[str]:
        """Settle every trial whose driver is dead; returns a line for each. `own`: not these.

        One that had ended is told as it ended. One that was running is marked `interrupted` with
        the cost it had come to, and its configuration is put first in line again (once: a
        configuration that takes the program down with it must not do so for ever).
        """
        told: list[str] = []
        dead: set[str] = set()
        # In this order: a driver that begins in between is seen.
        running = [trial for trial in self._stored.running() if trial.number not in own]
        found = sessions(self._stored.attributes())
        others = {owner: session for owner, session in found.items() if owner != self._me}
        self._signs.look(others)
        living = [owner for owner in others if not self._signs.is_dead(owner)]
        # A trial without a name is one that somebody asks for: whoever lives will see to it, too.
        attended = any(self._signs.is_certain(owner) for owner in living)
        self.undecided = False
        for frozen in running:
            owner = frozen.user_attrs.get(records.DRIVER)
            if owner is None:
                gone = not living or self._is_forgotten(frozen.number)
                certain = gone or attended
            else:
                gone = owner != self._me and self._signs.is_dead(owner)
                certain = owner == self._me or self._signs.is_certain(owner)
            if gone:
                dead.update([] if owner is None else [owner])
                told += self._settle(frozen)
            elif not certain:
                self.undecided = True
        for owner in dead:
            ended = end_processes_of(Driver.named(owner))
            if ended:
                told.append(
                    f"ended {ended} processes of the interrupted run, which were still there"
                )
        return told

    def settle(self, number: int) -> list[str]:
        """Tell a trial of this driver's own by what its folder has, as if the driver had died."""
        found = [trial for trial in self._stored.running() if trial.number == number]
        return [line for trial in found for line in self._settle(trial)]

    def _is_forgotten(self, number: int) -> bool:
        """Has a trial been without a driver's name for longer than asking for it takes?"""
        since = self._unmarked.setdefault(number, self._clock())
        return self._clock() - since > SILENT_SECONDS

    def _settle(self, frozen: FrozenTrial) -> list[str]:
        try:
            return [_settle(self._stored, frozen)]
        except TrialSettled:
            return []  # somebody else was faster


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
