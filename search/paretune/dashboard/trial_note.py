"""A member of the front, or a baseline, in Markdown: its figures, and why it is there."""

from __future__ import annotations

from paretune.dashboard.shown_study import ShownStudy
from paretune.dashboard.study_note import ARROWS
from paretune.report.labels import number, short
from paretune.report.markdown import plain
from paretune.trial.record import TrialRecord

LEFT = "Not on the front any more: another trial is at least as good in every objective."


def trial_note(shown: ShownStudy, record: TrialRecord) -> str:
    """The whole note of one trial that has values."""
    objectives = shown.spec.objectives
    directions = dict(zip(objectives.names, objectives.directions, strict=True))
    lines = [f"**{_place(shown, record)}**", "", "| figure | measured | predicted |"]
    lines.append("|---|---:|---|")
    predicted = {} if record.prediction is None else record.prediction.figures
    for name, value in {**(record.values or {}), **record.metrics}.items():
        arrow = f" {ARROWS[directions[name]]}" if name in directions else ""
        expected = predicted.get(name)
        told = ""
        if expected is not None:
            low, middle, high = map(number, (expected.low, expected.median, expected.high))
            told = f"{middle} ({low} to {high})"
        lines.append(f"| {plain(name)}{arrow} | {number(value)} | {told} |")
    lines.append(f"| spent by this trial, GPU-seconds | {number(record.spent.gpu_seconds)} | |")
    lines += ["", "| parameter | value |", "|---|---|"]
    lines += [f"| {plain(name)} | {plain(short(value))} |" for name, value in record.params.items()]
    command = f"paretune export {shown.spec.name} --trial {record.number} --out FOLDER"
    return "\n".join([*lines, "", f"Take it: `{command}`"])


def _place(shown: ShownStudy, record: TrialRecord) -> str:
    """Why anybody should look at it."""
    named = "" if record.baseline is None else f"Baseline {record.baseline}. "
    if all(record.number != member.number for member in shown.front):
        return f"{named}Not on the front." if record.feasible else f"{named}Breaks a constraint."
    reasons = [
        choice.rule for choice in shown.recommended.values() if choice.point.number == record.number
    ]
    told = f": {', '.join(reasons)}" if reasons else ""
    return f"{named}On the front{told}; no other trial is at least as good in every objective."
