"""How a trial has ended, in a line."""

from __future__ import annotations

from paretune.report.wording import listed, trial_name
from paretune.study.observer import StudyState
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord


def is_failure(record: TrialRecord) -> bool:
    """Did it end otherwise than as a study means it to?"""
    return record.status not in (Status.COMPLETED, Status.STOPPED)


def ending(record: TrialRecord, state: StudyState) -> str:
    """How a trial ended, in one line: its values, or the reason and the log."""
    name = trial_name(record.number, record.baseline)
    status = "running" if record.status is None else record.status.value.replace("_", " ")
    if record.values is not None:
        fronts = any(member.number == record.number for member in state.front)
        mark = ", on the front" if fronts else "" if record.feasible else ", breaks a constraint"
        return f"{name} {status}: {listed(record.values)}{mark}"
    log = f" (log: {record.log})" if record.log else ""
    return f"{name} {status}: {record.error or 'no reason given'}{log}"
