"""A study in Markdown: what was searched, what it cost, what to take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from paretune.dashboard.shown_study import ShownStudy
from paretune.report.choice_text import shrinkage_lines
from paretune.report.labels import number, short
from paretune.report.markdown import plain
from paretune.report.totals import Totals
from paretune.report.wording import counted
from paretune.trial.record import TrialRecord

COST = "gpu_seconds"
ARROWS = {"maximize": "↑", "minimize": "↓"}
_LISTED = 30  # trials of the front in the note; `paretune front` has them all


def study_note(shown: ShownStudy) -> str:
    """The whole note."""
    parts = [_head(shown), _recommended(shown), _front(shown), _baselines(shown), _searched(shown)]
    return "\n".join(line for part in parts for line in part)


def _head(shown: ShownStudy) -> list[str]:
    statuses = Counter("running" if r.status is None else r.status.value for r in shown.records)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    totals = Totals.of(shown.records).sentence(shown.device_kind)
    return [
        f"# {plain(shown.spec.name)}",
        "",
        f"Devices: **{plain(shown.device_kind)}** (`gpu_seconds` are seconds of one such device, "
        "that a configuration takes from scratch; `spent`: what its trial paid, with start and "
        f"evaluation). **{totals[0].upper()}{totals[1:]}.** Trials: {counts or 'none yet'}."
        f"{_budget(shown)}",
        "",
    ]


def _budget(shown: ShownStudy) -> str:
    budget = shown.spec.budget
    limits = [
        f"{number(value)} {name.replace('_', ' ')}"
        for name, value in (
            ("gpu_seconds", budget.gpu_seconds),
            ("dollars", budget.dollars),
            ("wall_seconds", budget.wall_seconds),
            ("trials", budget.trials),
        )
        if value is not None
    ]
    return f" Budget: {', '.join(limits)}." if limits else ""


def _recommended(shown: ShownStudy) -> list[str]:
    if not shown.front:
        return []
    name = shown.spec.name
    lines = ["## Recommended", "", "| choice | trial | figures | command |", "|---|---:|---|---|"]
    for option, choice in shown.recommended.items():
        figures = ", ".join(f"{n} {v:.4g}" for n, v in choice.point.values.items())
        command = f"`paretune export {name} {option} --out FOLDER`".replace("|", r"\|")
        lines.append(
            f"| {plain(choice.rule)} | {choice.point.number} | {plain(figures)} | {command} |"
        )
    told = [line for choice in shown.recommended.values() for line in shrinkage_lines(choice)]
    lines += ["", *(f"- {plain(line)}" for line in dict.fromkeys(told))] if told else []
    return [*lines, ""]


def _front(shown: ShownStudy) -> list[str]:
    if not shown.front:
        return ["## Pareto front", "", "No trial keeps the study's constraints yet."]
    names = shown.spec.objectives.names
    listed = shown.front[:_LISTED]
    lines = ["## Pareto front", "", *_table(shown), *(_row(record, names) for record in listed)]
    if len(shown.front) > _LISTED:
        rest = len(shown.front) - _LISTED
        lines += ["", f"And {counted(rest, 'more trial')}: `paretune front {shown.spec.name}`."]
    lines += ["", f"Take one: `paretune export {shown.spec.name} --trial N --out FOLDER`"]
    if any(record.values and not record.feasible for record in shown.records):
        told = "Trials that break a constraint are left out here and by `paretune dashboard`"
        lines += ["", f"{told}; a plain optuna-dashboard lists them among its best trials."]
    return lines


def _baselines(shown: ShownStudy) -> list[str]:
    if not (shown.front and shown.baselines):
        return []
    rows = [_row(record, shown.spec.objectives.names) for record in shown.baselines]
    return ["", "## Baselines", "", *_table(shown), *rows]


def _searched(shown: ShownStudy) -> list[str]:
    lines = ["", "## What was searched", "", "| parameter | values |", "|---|---|"]
    for parameter in shown.spec.space.parameters:
        lines.append(f"| {plain(parameter.name)} | {plain(parameter.describe())} |")
    for constraint in shown.spec.objectives.constraints:
        lines.append(f"| constraint | {plain(f'{constraint.name} {constraint.text}')} |")
    return lines


def _table(shown: ShownStudy) -> list[str]:
    objectives = shown.spec.objectives
    heads = [
        f"{plain(name)} {ARROWS[direction]}"
        for name, direction in zip(objectives.names, objectives.directions, strict=True)
    ]
    heads += ["spent"] if COST in objectives.names else [COST, "spent"]
    rule = f"|---|{'---:|' * len(heads)}---|"
    return [f"| trial | {' | '.join(heads)} | configuration |", rule]


def _row(record: TrialRecord, names: Sequence[str]) -> str:
    values = record.values or {}
    shown = [values[name] for name in names]
    shown += [] if COST in names else [record.cost.gpu_seconds]
    figures = " | ".join(f"{value:.4g}" for value in (*shown, record.spent.gpu_seconds))
    mark = "" if record.baseline is None else f" (baseline {record.baseline})"
    return f"| {record.number}{mark} | {figures} | {plain(_configuration(record.params))} |"


def _configuration(params: Any) -> str:
    return ", ".join(f"{name} {short(value)}" for name, value in params.items())
