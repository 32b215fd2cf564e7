"""`paretune advise`: which change saves how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.cli.options import NO_ANSWER_EXIT, Name, Storage
from paretune.cli.terminal import console, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from paretune.money.advice import Advice
    from paretune.study.spending.study_forecast import StudyForecast
    from paretune.study.storage.load_study import LoadedStudy
    from paretune.trial.record import TrialRecord


def advise(
    name: Name,
    where: Annotated[
        list[str],
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="What must hold, such as 'accuracy >= 0.97'; may be given again.",
        ),
    ],
    within: Annotated[
        str | None,
        typer.Option(
            "--within",
            metavar="AMOUNT",
            help='The most that one training may cost: "20 gpu-seconds" or "2 dollars".',
            show_default=False,
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Say how to get a model that is good enough for less: by which parameter, on which device.

    Begins at the cheapest configuration on the front for which every condition holds, and prices
    each change of one parameter. Savings are predictions, with an 80 % interval; `holds` is how
    likely the conditions still hold.

    Examples:

    - `paretune advise digits --where "accuracy >= 0.95"`

    - `paretune advise digits --where "accuracy >= 0.95" --within "2 dollars"`
    """
    from paretune.cli.logs import quieten
    from paretune.inputs.conditions import Condition
    from paretune.money.advice import advise as changes_from
    from paretune.pareto.selection import filtered
    from paretune.study.spending.study_forecast import forecast_of
    from paretune.study.storage.load_study import load_study

    quieten()
    loaded = load_study(name, storage)
    good = filtered(loaded.front, where)
    known = forecast_of(loaded)
    limit = None if within is None else _limit(within, known)
    asked = " and ".join(where)
    if not good:
        tell(f"nothing on the front of {name} has {asked}")
        for line in _in_reach(loaded.front, where):
            tell(line)
        raise typer.Exit(NO_ANSWER_EXIT)
    start = min(good, key=lambda record: record.cost.gpu_seconds)
    tell(_beginning(start, where, known))
    conditions = [Condition.parse_where(text) for text in where]
    params = dict(loaded.spec.configure(start.params).params)
    found = changes_from(known.predictor, known.observations, params, conditions, known.devices)
    if limit is not None:
        found = [a for a in found if a.ratio.median * start.cost.gpu_seconds <= limit]
    if found:
        console().print(_table(found, start, known))
    elif limit is not None and start.cost.gpu_seconds > limit:
        tell(f"no single change is predicted to bring it below {within} and to keep {asked}")
        tell("ask for --within more, or for less by --where")
    else:
        tell("no single change is predicted to save 3 % and, more likely than not, to keep that")
        tell("a weaker --where leaves more to change; more trials make predictions surer")
    for line in _elsewhere(loaded, known, params):
        tell(line)


def _limit(within: str, known: StudyForecast) -> float:
    from paretune.errors import StudyError
    from paretune.inputs.amounts import parse_amount

    unit, amount = parse_amount(within, "within")
    if unit == "gpu_seconds":
        return amount
    price = known.prices.per_second(known.device_kind)
    if unit != "dollars" or not price:
        raise StudyError(
            f'--within {within!r}: this study has no price for "{known.device_kind}"; '
            'give GPU-seconds, such as "20 gpu-seconds"'
        )
    return amount / price


def _in_reach(front: Sequence[TrialRecord], where: Sequence[str]) -> list[str]:
    """What would give an answer: how far the front reaches in each figure that was asked for."""
    from paretune.inputs.conditions import Condition
    from paretune.pareto.selection import figures_of
    from paretune.report.labels import number

    if not front:
        return ["it has no trial yet: search on, with a larger budget"]
    lines = []
    for name in dict.fromkeys(Condition.parse_where(text).name for text in where):
        there = [figures_of(record)[name] for record in front if name in figures_of(record)]
        if there:
            lines.append(f"its {name} is {number(min(there))} to {number(max(there))}")
    return [*lines, "ask for no more than that, or search on with a larger budget"]


def _beginning(start: TrialRecord, where: Sequence[str], known: StudyForecast) -> str:
    from paretune.report.wording import listed, trial_name

    return (
        f"{trial_name(start.number, start.baseline)} is the cheapest measured with "
        f"{' and '.join(where)}: {listed(start.values or {})} on {known.device_kind}"
    )


def _table(found: Sequence[Advice], start: TrialRecord, known: StudyForecast) -> Table:
    from rich.table import Table

    from paretune.report.labels import number, short

    price = known.prices.per_second(known.device_kind)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("change", "saves", "gpu_seconds", "memory", "holds"):
        table.add_column(column, justify="left" if column == "change" else "right")
    if price is not None:
        table.add_column("dollars", justify="right")
    for advice in found:
        seconds = advice.ratio.scaled(start.cost.gpu_seconds)
        memory = advice.predicted.figures.get("peak_memory_mib")
        span = f"{1 - advice.ratio.high:.0%} to {1 - advice.ratio.low:.0%}"
        cells = [
            f"{advice.parameter} {short(advice.before)} -> {short(advice.after)}",
            f"{advice.saving:.0%} ({span})",
            number(seconds.median),
            "" if memory is None else f"{memory.median:.0f} MiB",
            f"{advice.chance:.0%}",
        ]
        if price is not None:
            cells.append(number(seconds.median * price))
        table.add_row(*cells)
    return table


def _elsewhere(loaded: LoadedStudy, known: StudyForecast, params: Mapping[str, Any]) -> list[str]:
    """The same training on other devices that have a price and have been measured."""
    from paretune.optuna_internals import storage_of
    from paretune.predict.prediction_guard import PredictionGuard
    from paretune.report.labels import number
    from paretune.study.spending.earlier_trials import earlier_observations

    prices = known.prices
    lines = []
    for kind in prices.per_hour:
        if kind == known.device_kind:
            continue
        spec = known.spec
        others = earlier_observations(storage_of(loaded.study), spec, kind, known.code)
        if not others:
            lines.append(f"{kind}: has a price, but no study of this has run on it here")
            continue
        guard = PredictionGuard()
        predictor = guard.learn(spec.space, known.devices, others)
        seconds = guard.predict(predictor, params)
        figure = seconds.figures.get("gpu_seconds")
        if figure is not None:
            price = prices.per_second(kind) or 0.0
            lines.append(
                f"{kind}: {number(figure.median)} gpu_seconds ({number(figure.low)} to "
                f"{number(figure.high)}), {number(figure.median * price)} dollars"
            )
    return lines
