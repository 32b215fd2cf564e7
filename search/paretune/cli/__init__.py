"""The command line: the only place that prints or configures logging.

Every command is a function in a module of its own that imports what it needs when it is called,
so that `paretune --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from paretune.cli.options import INTERRUPTED_EXIT, USAGE_EXIT
from paretune.errors import SearchError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    A user's mistake is a line or more on standard error, each beginning with "paretune: "; a bug
    keeps its traceback.
    """
    from typer.exceptions import TyperException

    from paretune.cli.app import app

    try:
        code = app(args=arguments, prog_name="paretune", standalone_mode=False)
        sys.stdout.flush()
    except SearchError as error:
        _complain(str(error))
        return error.exit_code
    except TyperException as error:
        _complain(error.format_message())
        return USAGE_EXIT
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT
    except BrokenPipeError:
        # The reader has gone (`| head`): no complaint, nor one from the interpreter's last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code or 0


def _complain(text: str) -> None:
    for line in text.splitlines():
        print(f"paretune: {line}", file=sys.stderr)
