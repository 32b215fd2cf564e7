"""`paretune front` and `paretune trials`: what a study has found, and everything it has tried."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paretune.cli.options import Format, Name, Storage, TableFormat
from paretune.cli.terminal import console, say


def front(
    name: Name,
    storage: Storage = None,
    form: TableFormat = Format.TABLE,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Also draw the front: a .png, .svg or .html file.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the Pareto front: the configurations that no other one beats in every figure.

    Examples:

    - `paretune front digits`

    - `paretune front digits --format json`

    - `paretune front digits --plot front.png`
    """
    from paretune.api.result import load
    from paretune.cli.logs import quieten

    quieten()
    result = load(name, storage=storage)
    loaded = result.loaded
    if plot is not None:
        result.plot(plot)
    if form is Format.JSON:
        from paretune.cli.json_contract import as_json, front_object

        say(as_json(front_object(loaded)))
        return

    from paretune.report import tables

    if form is Format.CSV:
        say(tables.front_csv(loaded), end="")
    else:
        console().print(tables.front_table(loaded))


def trials(name: Name, storage: Storage = None, form: TableFormat = Format.TABLE) -> None:
    """Show every trial: its status, cost and parameters, and why it failed if it did.

    Examples:

    - `paretune trials digits`

    - `paretune trials digits --format csv > trials.csv`
    """
    from paretune.api.result import load
    from paretune.cli.logs import quieten

    quieten()
    loaded = load(name, storage=storage).loaded
    if form is Format.JSON:
        from paretune.cli.json_contract import as_json, trials_object

        say(as_json(trials_object(loaded)))
        return

    from paretune.report import tables

    if form is Format.CSV:
        say(tables.trials_csv(loaded), end="")
    else:
        console().print(tables.trials_table(loaded))
