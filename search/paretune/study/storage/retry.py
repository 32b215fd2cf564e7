"""Waits for what passes: a lock that another process holds, a server that restarts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from paretune.errors import StorageError

T = TypeVar("T")

# How long a database that someone else has locked is waited for before the study gives up.
RETRY_SECONDS = 300.0
# SQLSTATE: connection exceptions, a server that stops or starts, a deadlock, a lost race.
_PASSING = ("08", "57P", "40001", "40P01", "53300")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def retry_locked(action: Callable[[], T], *, seconds: float = RETRY_SECONDS) -> T:
    """Do something with the storage, again while it is locked or its server is away.

    Raises StorageError if that lasts longer than `seconds`, or the storage is broken otherwise.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return action()
        except Exception as error:
            if not _is_storage_error(error):
                raise
            if not _may_pass(error) or time.monotonic() > deadline:
                raise StorageError(
                    f"the storage failed: {cause_of(error)}; finished trials are kept in their "
                    "folders and are told to the storage when the study is run again"
                ) from error
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def cause_of(error: BaseException) -> str:
    """The first line of the innermost reason: the wrappers only say that something failed."""
    error = innermost(error)
    text = str(error)
    if isinstance(error, OSError) and error.strerror is not None:
        text = error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"
    lines = text.strip().splitlines()
    return lines[0] if lines else type(error).__name__


def innermost(error: BaseException) -> BaseException:
    """The error that the others were raised from."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _may_pass(error: BaseException) -> bool:
    """Is it a lock of another process, or a connection that was cut: a server that restarts?"""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

    reason = innermost(error)
    if "locked" in cause_of(error).lower():
        return True
    state = getattr(reason, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    for wrapper in _chain(error):
        if isinstance(wrapper, DBAPIError) and wrapper.connection_invalidated:
            return True
        # A driver that cannot reach its server has no state to tell.
        if isinstance(wrapper, OperationalError | InterfaceError):
            return not isinstance(reason, sqlite3.Error)
    return False


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _is_storage_error(error: Exception) -> bool:
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError | StorageInternalError)
