"""`paretune cost`: what a study has paid, and how good its predictions were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paretune.cli.options import Format, Name, Plot, Storage, TableFormat
from paretune.cli.terminal import console, say, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from paretune.money.ledger import Ledger
    from paretune.predict.prediction_score import PredictionRow, PredictionScore


def cost(
    name: Name,
    storage: Storage = None,
    form: TableFormat = Format.TABLE,
    plot: Plot = None,
) -> None:
    """Show the bill: every device-second by phase and by end, and each prediction beside it.

    `--plot` draws predicted against measured.

    Predictions were stored before their trials ran; the interval is to hold 80 % of them.

    Examples:

    - `paretune cost digits`

    - `paretune cost digits --format csv > predicted.csv`
    """
    from paretune.cli.logs import quieten
    from paretune.predict import prediction_score
    from paretune.study.spending.stored_costs import ledger_of
    from paretune.study.storage.load_study import load_study

    quieten()
    loaded = load_study(name, storage)
    ledger, rows = ledger_of(loaded), prediction_score.rows(loaded.records)
    judged = prediction_score.scores(rows)
    if plot is not None:
        from paretune.report import prediction_plot

        prediction_plot.draw(rows, loaded.device_kind, plot)
    if form is Format.JSON:
        say(_json(name, ledger, rows, judged))
    elif form is Format.CSV:
        say(_csv(rows), end="")
    else:
        for line in _summary(name, ledger):
            tell(line)
        console().print(_amounts(ledger))
        if rows:
            console().print(_rows_table(rows))
            console().print(_scores_table(judged, rows))
        else:
            tell("no trial has a prediction and a measured cost yet")


def _summary(name: str, ledger: Ledger) -> list[str]:
    from paretune.report.device_waste import busy_sentence, waste_sentence
    from paretune.report.labels import number
    from paretune.report.wording import counted, duration

    money = "" if ledger.dollars is None else f", {number(ledger.dollars)} dollars"
    energy = "" if ledger.energy_j is None else f", {number(ledger.energy_j)} J"
    lines = [
        f"{name}: {number(ledger.gpu_seconds)} gpu_seconds on {ledger.device_kind}{money}{energy} "
        f"for {counted(len(ledger.entries), 'trial')}",
        f"from scratch its configurations take {number(ledger.worth_gpu_seconds)} gpu_seconds, "
        "without overhead",
        f"at work for {duration(ledger.wall_seconds)}, of which start-up of the search "
        f"{number(ledger.start_seconds)} s (no device was leased then)",
    ]
    if ledger.core_seconds:
        lines.append(
            f"beside the GPUs: {number(ledger.core_seconds)} core_seconds of stages that hold none"
        )
    told = (busy_sentence(ledger.use, ledger.device_kind), waste_sentence(ledger))
    lines += [sentence for sentence in told if sentence is not None]
    if ledger.storage_dollars_a_month is not None and ledger.egress_dollars is not None:
        lines.append(
            f"its files, {number(ledger.stored_gib)} GiB: {number(ledger.storage_dollars_a_month)} "
            f"dollars a month; sending the front's models once: {number(ledger.egress_dollars)}"
        )
    return lines


def _amounts(ledger: Ledger) -> Table:
    from itertools import zip_longest

    from rich.table import Table

    from paretune.report.labels import number

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("phase", "gpu_seconds", "share", "busy"):
        table.add_column(column, justify="left" if column == "phase" else "right")
    table.add_column("end", justify="left")
    table.add_column("gpu_seconds", justify="right")
    table.add_column("share", justify="right")
    whole = ledger.gpu_seconds or 1.0

    def shown(title: str, amount: float) -> list[str]:
        return [title.replace("_", " "), number(amount), f"{amount / whole:.1%}"]

    phases = [[*shown(*one), _busy(ledger, one[0])] for one in ledger.by_phase.items()]
    ends = [shown(*one) for one in ledger.by_status.items()]
    for phase, end in zip_longest(phases, ends):
        table.add_row(*(phase or [""] * 4), *(end or [""] * 3))
    return table


def _busy(ledger: Ledger, phase: str) -> str:
    """The share of a phase's device-seconds in which the devices were busy; "" if not known."""
    use = ledger.use_by_phase.get(phase)
    return "" if use is None or use.share is None else f"{use.share:.0%}"


def _rows_table(rows: Sequence[PredictionRow]) -> Table:
    from rich.table import Table

    from paretune.predict.prediction_score import SPENT

    by_trial: dict[int, dict[str, PredictionRow]] = {}
    for row in rows:
        by_trial.setdefault(row.number, {})[row.figure] = row
    shown = [SPENT, "gpu_seconds", "peak_memory_mib", "model_kib"]
    there = [f for f in shown if any(f in figures for figures in by_trial.values())]
    table = Table(box=None, padding=(0, 2, 0, 0), title="predicted (80 % interval) and measured")
    table.add_column("trial", justify="right")
    for figure in there:
        table.add_column(figure, justify="right")
    for trial, figures in by_trial.items():
        cells = [_cell(figures.get(figure)) for figure in there]
        guessed = not next(iter(figures.values())).is_scored
        table.add_row(f"{trial}{'?' if guessed else ''}", *cells)
    return table


def _cell(row: PredictionRow | None) -> str:
    if row is None:
        return ""
    expected = row.expected
    span = f"{_brief(expected.low)}-{_brief(expected.high)}"
    mark = "" if row.inside else "*"
    return f"{_brief(expected.median)} ({span})\n{_brief(row.measured)}{mark}"


def _brief(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _scores_table(judged: Mapping[str, PredictionScore], rows: Sequence[PredictionRow]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("figure", "trials", "mean error", "inside the interval"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for figure, score in judged.items():
        table.add_row(
            figure,
            str(score.trials),
            f"{score.mean_error:.1%}",
            f"{score.coverage:.0%}",
        )
    notes = ["*: outside the interval"]
    if any(not row.is_scored for row in rows):
        notes.append("?: a guess before any trial had ended; not scored")
    table.caption = "; ".join(notes)
    return table


def _json(
    name: str, ledger: Ledger, rows: Sequence[PredictionRow], judged: Mapping[str, PredictionScore]
) -> str:
    from dataclasses import asdict

    from paretune.cli.json_contract import as_json

    predictions = [
        {
            "trial": row.number,
            "figure": row.figure,
            "basis": row.basis,
            "predicted": row.expected.to_json(),
            "measured": row.measured,
            "inside": row.inside,
        }
        for row in rows
    ]
    scores = {figure: asdict(score) for figure, score in judged.items()}
    return as_json(
        {"study": name, "ledger": ledger.to_json(), "predictions": predictions, "scores": scores}
    )


def _csv(rows: Sequence[PredictionRow]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "figure", "basis", "predicted", "low", "high", "measured"])
    for row in rows:
        e = row.expected
        writer.writerow([row.number, row.figure, row.basis, e.median, e.low, e.high, row.measured])
    return text.getvalue()
