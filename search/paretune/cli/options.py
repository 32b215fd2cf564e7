"""Options and exit codes that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

NO_ANSWER_EXIT = 1  # every trial failed; nothing on the front is good enough
UNWRITTEN_EXIT = 1  # standard output is full or its reader has gone
USAGE_EXIT = 2
INTERRUPTED_EXIT = 130


class Format(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ObjectFormat(StrEnum):
    """How something is printed that is no table of rows."""

    TABLE = "table"
    JSON = "json"


Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        help="Where studies are kept: any Optuna storage, such as sqlite:///runs/studies.db or "
        "postgresql://user@host/name. Files lie in a folder beside an SQLite file. "
        "Default: a database of your own among your user's data.",
        show_default=False,
    ),
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A study in the storage; `paretune list` names them.")
]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="N|0,1,..",
        help="How many of this machine's devices to use, or which. Default: all of them.",
        show_default=False,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Also draw a picture of it: a .png or .svg file.",
        show_default=False,
    ),
]
TableFormat = Annotated[
    Format, typer.Option("--format", help="For people, for scripts, or for a spreadsheet.")
]
