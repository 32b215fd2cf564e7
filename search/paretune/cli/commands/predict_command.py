"""`paretune predict`: what a configuration, or a whole study, will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.cli.options import Storage
from paretune.cli.terminal import console, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from paretune.study.spending.study_forecast import StudyForecast
    from paretune.trial.prediction import Estimate

_CURE = "a few trials would tell: `paretune run STUDY --trials 5`"
_SEED = 0  # the same question gets the same answer


def predict(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="STUDY|CONFIG",
            help="A study in the storage, a study file, or an exported config.toml.",
        ),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PARAMETER=VALUE",
            help="Of the configuration to predict; may be given again. "
            "Default: the study's first baseline.",
            show_default=False,
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Predict GPU-seconds, memory and size before anything runs, each with an 80 % interval.

    What is known comes from the study's own trials and from earlier studies of the same on the
    same kind of device. Shown are one configuration, what each of its parameters contributes,
    and what the rest of the study would cost with configurations drawn at random.

    Examples:

    - `paretune predict digits`

    - `paretune predict digits --set batch_size=256 --set width=0.5`
    """
    from paretune.cli.logs import quieten
    from paretune.study.spending.study_forecast import counting, forecast

    quieten()
    name, base = _subject(subject)
    with counting(forecast(name, storage)) as known:
        params = known.configuration(_values(changes or []), base)
        _show(known, params)


def _show(known: StudyForecast, params: Mapping[str, Any]) -> None:
    import numpy as np

    from paretune.report.wording import counted
    from paretune.trial.prediction import Basis

    prediction = known.predict(params)
    price = known.prices.per_second(known.device_kind)
    learned = counted(prediction.observations, "trial")
    source = {
        Basis.LEARNED: f"learned from {learned} on {known.device_kind}",
        Basis.COUNTED: f"counted, for no trial of this has run on {known.device_kind} yet; {_CURE}",
        Basis.GUESSED: f"a guess: no trial of this has run on {known.device_kind} yet; {_CURE}",
    }[prediction.basis]
    shown = {n: params[n] for n in known.spec.space.names if n in params}
    console().print(_figures_table(prediction.figures, price))
    tell(f"of {_listed(shown)}")
    tell(f"{source}; intervals of 80 %")
    console().print(_effects_table(known, params))
    left = None if known.spec.budget.trials is None else known.spec.budget.trials - known.ended
    if left is not None and left > 0:
        whole = known.whole(left, np.random.default_rng(_SEED))
        more = "" if known.ended == 0 else "more "
        cost = f"{_span(whole)} gpu_seconds{_money(whole, price)}"
        said = counted(left, f"{more}trial")
        tell(f"{said}: {cost}, if drawn at random and nothing is shared")


def _subject(subject: str) -> tuple[str, dict[str, Any]]:
    """The study's name, and the parameters to begin from."""
    import tomllib
    from pathlib import Path

    from paretune.export.exported_config import ExportedConfiguration

    path = Path(subject)
    if path.suffix == ".toml" and path.is_file():
        try:
            exported = "measured" in tomllib.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            exported = False  # StudySpec.load says what is wrong with it
        if exported:
            recorded = ExportedConfiguration.load(path)
            return recorded.study, dict(recorded.train)
    return subject, {}


def _values(changes: list[str]) -> dict[str, Any]:
    from paretune.errors import SpecError
    from paretune.inputs import overrides

    table, _, mistakes = overrides.apply({}, changes)
    if mistakes:
        lines = [line.replace("section.key", "parameter") for line in mistakes]
        raise SpecError("paretune predict", lines)
    return table


def _figures_table(figures: Mapping[str, Estimate], price: float | None) -> Table:
    from rich.table import Table

    from paretune.report.labels import number

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("figure", "predicted", "from", "to"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    shown = dict(figures)
    if price is not None and "spent_gpu_seconds" in figures:
        shown["dollars to run it"] = figures["spent_gpu_seconds"].scaled(price)
    for name, estimate in shown.items():
        table.add_row(name, *(number(v) for v in (estimate.median, estimate.low, estimate.high)))
    return table


def _effects_table(known: StudyForecast, params: Mapping[str, Any]) -> Table:
    """By parameter: GPU-seconds at the cheapest and the dearest of its values, the rest as is."""
    from rich.table import Table

    from paretune.report.labels import number, short
    from paretune.space.points import completed, values

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("parameter", "here", "cheapest at", "gpu_seconds", "dearest at", "gpu_seconds"):
        words = column in ("parameter", "here", "cheapest at", "dearest at")
        table.add_column(column, justify="left" if words else "right")
    space = known.spec.space
    lines = []
    for parameter in space.parameters:
        name = parameter.name
        options = values(parameter, known.devices) if name in params else []
        if len(options) < 2:
            continue
        costs = []
        for value in options:
            point = completed(space, {**params, name: value}, known.devices)
            costs.append((known.predict(point).figures["gpu_seconds"].median, value))
        least, most = min(costs, key=lambda c: c[0]), max(costs, key=lambda c: c[0])
        lines.append((most[0] / least[0], name, least, most))
    for _, name, least, most in sorted(lines, key=lambda line: -line[0]):
        cells = [short(least[1]), number(least[0]), short(most[1]), number(most[0])]
        table.add_row(name, short(params[name]), *cells)
    return table


def _listed(params: Mapping[str, Any]) -> str:
    from paretune.report.labels import short

    return ", ".join(f"{name} {short(value)}" for name, value in params.items())


def _span(estimate: Estimate) -> str:
    from paretune.report.labels import number

    return f"{number(estimate.low)} to {number(estimate.high)}"


def _money(estimate: Estimate, price: float | None) -> str:
    return "" if price is None else f", {_span(estimate.scaled(price))} dollars"
