"""The commands, in the order in which a user meets them."""

from __future__ import annotations

from typing import Annotated

import typer

from paretune import __version__
from paretune.cli.commands.advise_command import advise
from paretune.cli.commands.cost_command import cost
from paretune.cli.commands.dashboard_command import dashboard
from paretune.cli.commands.data_command import data
from paretune.cli.commands.delete_command import delete
from paretune.cli.commands.devices_command import devices
from paretune.cli.commands.export_command import export
from paretune.cli.commands.front_command import front, trials
from paretune.cli.commands.list_command import list_
from paretune.cli.commands.predict_command import predict
from paretune.cli.commands.report_command import report
from paretune.cli.commands.run_command import run
from paretune.cli.commands.store_command import store
from paretune.cli.commands.train_command import train
from paretune.cli.help_pages import Command, CommandGroup
from paretune.cli.terminal import say

app = typer.Typer(
    name="paretune",
    cls=CommandGroup,
    help="Find the training configuration that gives the accuracy you need for the least money.",
    epilog="Start with: paretune run digits",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def _print_version(asked: bool) -> None:
    if asked:
        say(f"paretune {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


for _command in (
    run,
    front,
    trials,
    report,
    export,
    train,
    dashboard,
    predict,
    cost,
    advise,
    store,
    list_,
    delete,
    devices,
):
    app.command(_command.__name__.rstrip("_"), cls=Command)(_command)
app.add_typer(data)
