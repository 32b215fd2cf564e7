"""`paretune delete`: a study and its files."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from paretune.cli.options import NO_ANSWER_EXIT, Name, Storage
from paretune.cli.terminal import say


def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    storage: Storage = None,
) -> None:
    """Delete a study: its trials, its models and its logs.

    Exported folders stay, and so does what its stages have left for other studies
    (`paretune store`).

    Example: `paretune delete digits`
    """
    from paretune.cli.logs import quieten
    from paretune.errors import StudyError
    from paretune.report.wording import counted
    from paretune.study.drivers.delete_study import deletable

    quieten()
    found = deletable(name, storage)
    what = f"study {name}, {counted(found.trials, 'trial')}"
    what += "" if found.folder is None else f", and {found.folder}"
    if not yes:
        if not (sys.stdin and sys.stdin.isatty()):
            raise StudyError(f"{what}: nobody can be asked here; add --yes to delete it")
        say(f"Delete {what}? [y/N] ", end="")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            say("nothing is deleted")
            raise typer.Exit(NO_ANSWER_EXIT)
    found.delete()
    say(f"deleted {what}")
