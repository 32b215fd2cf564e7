"""The command line: the only place that prints or configures logging.

Every command is a function in a module of its own that imports what it needs when it is called,
so that `paretune --help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from paretune.cli.complaints import complaint
from paretune.cli.options import INTERRUPTED_EXIT, UNWRITTEN_EXIT, USAGE_EXIT
from paretune.cli.terminal import safe_streams
from paretune.errors import SearchError
from paretune.text import is_visible, visible


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0: done. 1: there is no answer, or it could not be written. 2: a mistake in what was given.
    130: interrupted. A user's mistake is a line or more on standard error, each beginning with
    "paretune: "; a bug keeps its traceback.
    """
    with safe_streams() as out:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        out.flush()
    if out.problem is None:
        return code
    if not isinstance(out.problem, BrokenPipeError):  # of `| head` nobody wants to hear
        _complain(f"standard output cannot be written: {out.problem.strerror}")
    return code or UNWRITTEN_EXIT


def _check_current_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError:
        raise SearchError("the current folder is gone: change to another one") from None


def _run(arguments: Sequence[str]) -> int:
    from typer.exceptions import TyperException

    from paretune.cli.app import app

    try:
        _check_current_folder()
        for argument in arguments:
            if not is_visible(argument):
                raise SearchError(
                    f"argument {visible(argument)}: it holds control characters or is not text "
                    "in this system's encoding; write or rename it without them"
                )
        code = app(args=list(arguments), prog_name="paretune", standalone_mode=False)
    except SearchError as error:
        _complain(complaint(error))
        return error.exit_code
    except TyperException as error:
        _complain(error.format_message())
        return USAGE_EXIT
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT
    return code or 0


def _complain(text: str) -> None:
    for line in text.splitlines() or ["no reason given"]:
        print(f"paretune: {visible(line)}", file=sys.stderr)
