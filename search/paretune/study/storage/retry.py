"""Waits for a lock that another process holds on the storage."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import optuna

from paretune.errors import StorageError

T = TypeVar("T")

# How long a database that someone else has locked is waited for before the study gives up.
RETRY_SECONDS = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def retry_locked(action: Callable[[], T], *, seconds: float = RETRY_SECONDS) -> T:
    """Do something with the storage, again while another process has it locked.

    Raises StorageError if it is locked for longer than `seconds`, or is broken otherwise.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return action()
        except Exception as error:
            if not _is_storage_error(error):
                raise
            if "locked" not in cause_of(error).lower() or time.monotonic() > deadline:
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


def _is_storage_error(error: Exception) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError | optuna.exceptions.StorageInternalError)
