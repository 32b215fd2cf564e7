"""Reaches the database that a storage's address names, for a run or only to look at it.

What opens it, Optuna or a query of our own, is the caller's: how it is opened is the same for all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from paretune.errors import StorageError
from paretune.extras import install_command
from paretune.study.storage.retry import cause_of, innermost
from paretune.study.storage.storage_address import EXAMPLES, StorageAddress

T = TypeVar("T")
# Opens the database at a URL, with these options for SQLAlchemy's engine.
Opener = Callable[[str, dict[str, Any]], T]

_OUR_DRIVER = ("postgresql://", "postgresql+psycopg://")  # both use psycopg
_MADE_BY_ANOTHER = ("23505", "42710", "42P07")  # SQLSTATE: a row, a type, a table was there already
_LOCK_SECONDS = 60.0  # that SQLite itself waits for another driver's lock
_INSTALL = "; install this driver of the database"


def opened(address: StorageAddress, opener: Opener[T], *, create: bool = True) -> T:
    """What `opener` makes of the database.

    With `create` false it is only looked at: a database file that is not there is an error, so
    that a misspelt path does not answer "no such study", and one that this account may not write
    is read all the same. Raises StorageError, one line, whatever is wrong.
    """
    path = address.database
    if not create and not address.exists:
        raise StorageError(
            f"storage {address.shown}: there is no such file, or it cannot be seen; run a study "
            "first, or name another storage"
        )
    try:
        if path is None:
            return _on_server(address.url, opener)
        if create:
            _check_writable(path)
        elif not _is_writable(path):
            return opener(address.url, _read_only(path))
        with _alone(path.parent):
            return opener(address.url, _writable())
    except Exception as error:  # SQLAlchemy, its drivers and Optuna each raise their own
        told = f"storage {address.shown}: {address.censored(cause_of(error))}"
        raise StorageError(told + _cure(address, error)) from error


def _on_server(url: str, opener: Opener[T]) -> T:
    """Of drivers that make a server's tables at once one succeeds; the others look again."""
    options = {"pool_pre_ping": True}  # a connection that a restart has cut is replaced
    for pause in (0.2, 1.0, 3.0):
        try:
            return opener(url, dict(options))
        except Exception as error:
            if getattr(innermost(error), "sqlstate", None) not in _MADE_BY_ANOTHER:
                raise
        time.sleep(pause)
    return opener(url, options)


class _Connection(sqlite3.Connection):
    """With a write-ahead log: a commit costs a write, not two waits for the disk.

    A trial takes some seventy commits. A program that is killed loses none of them, and readers
    (the dashboard) do not block the driver.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with contextlib.suppress(sqlite3.OperationalError):  # a disk that cannot: it serves as is
            self.execute("PRAGMA journal_mode = WAL")
            self.execute("PRAGMA synchronous = NORMAL")


def _writable() -> dict[str, Any]:
    return {"connect_args": {"timeout": _LOCK_SECONDS, "factory": _Connection}}


def _read_only(path: Path) -> dict[str, Any]:
    """Looks at a database that another account owns.

    While a driver has it open, its write-ahead log and the index of that lie beside the database,
    and readers share them. Without them SQLite would have to make them, which it may not here:
    then nobody writes, and the file is read as one that does not change. Each access opens it
    anew, since a driver may start at any time.
    """
    from sqlalchemy.pool import NullPool

    index = path.with_name(f"{path.name}-shm")

    def connect() -> sqlite3.Connection:
        mode = "mode=ro" if index.exists() else "mode=ro&immutable=1"
        uri = f"{path.as_uri()}?{mode}"
        return sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS, check_same_thread=False)

    return {"creator": connect, "poolclass": NullPool}


def _is_writable(path: Path) -> bool:
    """May this account write the database, and its log beside it?"""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _check_writable(path: Path) -> None:
    """Make the database's folder. Raises OSError where that, or writing there, is not allowed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise PermissionError(f"{place} may not be written by this account")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of several drivers that create the tables at once all but one would fail: by turns.

    Where the folder cannot be locked (some network disks) they are not kept apart.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            held.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _cure(address: StorageAddress, error: BaseException) -> str:
    """What to do about it, where that is known."""
    from sqlalchemy.exc import NoSuchModuleError

    reason = innermost(error)
    if isinstance(error, NoSuchModuleError):
        return f"; name a database, such as {EXAMPLES}"
    if isinstance(reason, ImportError):
        ours = address.url.startswith(_OUR_DRIVER)
        return f"; the driver comes with {install_command('psycopg')}" if ours else _INSTALL
    if isinstance(reason, OSError) or "unable to open" in str(reason):
        return "; name another storage, in a folder that you may write"
    return ""
