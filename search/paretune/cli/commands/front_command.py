"""`paretune front` and `paretune trials`: what a study has found, and everything it has tried."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from paretune.cli.options import Format, Name, Plot, Storage, TableFormat
from paretune.cli.terminal import console, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from paretune.api.result import Result


def front(
    name: Name,
    storage: Storage = None,
    form: TableFormat = Format.TABLE,
    plot: Plot = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            "--tolerance",
            metavar="FIGURE=T",
            help="What differs by no more counts as equal in that objective: 'gpu_seconds=3 %' or "
            "'accuracy=0.005'; may be given again. Default: the noise of what was measured.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="List the configurations that cannot be told apart, too.")
    ] = False,
) -> None:
    """Show the Pareto front: the configurations that no other one beats in every figure.

    Configurations that differ by less than the noise of what was measured are one row. Each has
    its standard errors, and how likely it is to be truly on the front.

    Examples:

    - `paretune front digits`

    - `paretune front digits --format json`

    - `paretune front digits --tolerance "gpu_seconds=3 %" --all`

    - `paretune front digits --plot front.png`
    """
    from paretune.cli.json_contract import front_object
    from paretune.report import tables

    result = _result(name, storage).tolerating(tolerance or ())
    if plot is not None:
        result.plot(plot)
    table = partial(tables.front_table, every=every)
    _show(result, form, front_object, tables.front_csv, table)


def trials(name: Name, storage: Storage = None, form: TableFormat = Format.TABLE) -> None:
    """Show every trial: its status, cost and parameters, and why it failed if it did.

    Examples:

    - `paretune trials digits`

    - `paretune trials digits --format csv > trials.csv`
    """
    from paretune.cli.json_contract import trials_object
    from paretune.report import tables

    _show(_result(name, storage), form, trials_object, tables.trials_csv, tables.trials_table)


def _result(name: str, storage: str | None) -> Result:
    from paretune.api.result import load
    from paretune.cli.logs import quieten

    quieten()
    return load(name, storage=storage)


def _show(
    result: Result,
    form: Format,
    as_object: Callable[..., dict[str, object]],
    as_csv: Callable[..., str],
    as_table: Callable[..., object],
) -> None:
    """The study in one of three forms."""
    from paretune.cli.json_contract import as_json

    if form is Format.JSON:
        say(as_json(as_object(result.loaded)))
    elif form is Format.CSV:
        say(as_csv(result.loaded), end="")
    else:
        console().print(as_table(result.loaded))
