"""From an outcome to the storage: user attributes and constraints first, then the values."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import optuna

from paretune.dashboard.artifacts import attach_model
from paretune.errors import StudyHalted
from paretune.money.budget import Objection
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.packed import pack_outcome, unpack_outcome
from paretune.trial.files import MODEL, OUTCOME, write_json
from paretune.trial.outcome import Outcome, Status
from paretune.trial.record import TrialRecord

ALIKE_FAILURES = 3  # so many first trials that fail for one reason: the next would as well


def tell_outcome(
    stored: StoredStudy,
    trial: optuna.Trial,
    outcome: Outcome,
    directory: Path,
) -> Outcome:
    """Write what came of a trial; returns it, as `failed` if an objective's figure is missing.

    The outcome is in the trial's folder before the storage is asked for anything, so that a
    storage that fails loses nothing: `recover` tells it later.
    """
    outcome = unpack_outcome(pack_outcome(outcome))  # what is told is what will be read
    reader, objectives = stored.reader, stored.reader.objectives
    missing = objectives.missing(reader.figures(outcome))
    if outcome.status is Status.COMPLETED and missing:
        outcome = replace(outcome, status=Status.FAILED, error=missing)
    with contextlib.suppress(OSError):  # a full disk: the storage may be on another
        write_json(directory / OUTCOME, outcome.to_json())
    stored.mark(trial, reader.marks(outcome))
    if outcome.status is Status.COMPLETED:
        figures = reader.figures(outcome)
        stored.constrain(trial, objectives.violations(figures))
        model = directory / MODEL
        if model.exists():
            with contextlib.suppress(OSError):  # the file itself stays where it is
                stored.retry(lambda: attach_model(trial, model, directory.parent / "artifacts"))
        stored.tell(trial, objectives.values(figures))
    else:
        stored.tell_without_values(trial, pruned=outcome.status is Status.STOPPED)
    return outcome


def tell_skipped(stored: StoredStudy, trial: optuna.Trial, objection: Objection) -> None:
    """Record a trial that is not started, and why.

    One that is at fault itself is told as pruned, so that the sampler learns from it; one that
    only came too late for the budget is told as failed, which samplers pass over.
    """
    skipped = Outcome(Status.SKIPPED, error=objection.reason)
    stored.mark(trial, stored.reader.marks(skipped))
    stored.tell_without_values(trial, pruned=not objection.for_budget)


def kept_outcome(directory: Path) -> Outcome | None:
    """The outcome a driver left in a trial's folder; None if it did not come to that."""
    try:
        return Outcome.from_json(json.loads((directory / OUTCOME).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def halt_if_incomplete(stored: StoredStudy, outcome: Outcome) -> None:
    """Every further trial would lack the same figure: end the study and say which.

    Raises StudyHalted.
    """
    missing = stored.reader.objectives.missing(stored.reader.figures(outcome))
    if outcome.status is Status.FAILED and outcome.error == missing and missing is not None:
        raise StudyHalted(missing)


def halt_if_all_fail_alike(found: Sequence[TrialRecord]) -> None:
    """The first trials all failed for one reason, numbers aside: going on would repeat it.

    Raises StudyHalted.
    """
    beside = (None, Status.INTERRUPTED, Status.SKIPPED)
    ended = [record for record in found if record.status not in beside]
    if len(ended) < ALIKE_FAILURES or any(r.status is not Status.FAILED for r in ended):
        return
    reasons = {re.sub(r"[\d.]+", "#", record.error or "") for record in ended}
    if len(reasons) == 1:
        raise StudyHalted(
            f"the first {len(ended)} trials all failed alike: {ended[-1].error} "
            f"(log: {ended[-1].log})"
        )
