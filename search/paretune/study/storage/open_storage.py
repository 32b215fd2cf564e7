"""Where studies are kept: any Optuna storage, and beside it a folder of files for each study."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage

from paretune.errors import StorageError
from paretune.extras import install_command
from paretune.study.storage.retry import cause_of, innermost

_SQLITE = "sqlite:///"
_OUR_DRIVER = ("postgresql://", "postgresql+psycopg://")  # both use psycopg
_MADE_BY_ANOTHER = ("23505", "42710", "42P07")  # SQLSTATE: a row, a type, a table was there already


def default_url() -> str:
    """The user's own database, in the system's place for a user's data."""
    return f"{_SQLITE}{_user_folder() / 'paretune.db'}"


def open_storage(url: str | None = None, *, create: bool = True) -> BaseStorage:
    """Open an Optuna storage.

    With `create` false a database file that is not there is an error, so that a misspelt path
    does not answer "no such study". Raises StorageError, one line, whatever is wrong.
    """
    url = url or default_url()
    options = None
    path = sqlite_path(url)
    if path is not None:
        if not create and not path.exists():
            raise StorageError(
                f"storage {url}: there is no such file; run a study first, or name another storage"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        # The timeout is that of waiting for another driver's lock.
        options = {"connect_args": {"timeout": 60, "factory": _Connection}}
    try:
        with _alone(path):
            return _database(url, options)
    except Exception as error:  # SQLAlchemy, its drivers and Optuna each raise their own
        told = f"storage {_without_password(url)}: {cause_of(error)}"
        raise StorageError(told + _cure(url, error)) from error


class _Connection(sqlite3.Connection):
    """With a write-ahead log: a commit costs a write, not two waits for the disk.

    A trial takes some seventy commits. A program that is killed loses none of them, and readers
    (the dashboard) do not block the driver.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        with contextlib.suppress(sqlite3.OperationalError):  # a read-only file serves as it is
            self.execute("PRAGMA journal_mode = WAL")
            self.execute("PRAGMA synchronous = NORMAL")


def _database(url: str, options: dict[str, Any] | None) -> BaseStorage:
    """Of drivers that make a server's tables at once one succeeds; the others look again."""
    for pause in (0.2, 1.0, 3.0):
        try:
            return optuna.storages.RDBStorage(url, engine_kwargs=options)
        except Exception as error:
            if getattr(innermost(error), "sqlstate", None) not in _MADE_BY_ANOTHER:
                raise
        time.sleep(pause)
    return optuna.storages.RDBStorage(url, engine_kwargs=options)


@contextlib.contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Of several drivers that create the tables at once all but one would fail: by turns."""
    if path is None:  # a database server
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for any other storage."""
    if not url.startswith("sqlite:"):
        return None
    path = url.partition("?")[0][len(_SQLITE) :]
    if path in {"", ":memory:"}:
        raise StorageError(
            f"storage {url}: a study must outlive its process; name a file: {_SQLITE}studies.db"
        )
    return Path(path).expanduser().absolute()


def files_folder(url: str | None, study: str) -> Path:
    """The folder of a study's trials: beside an SQLite file, else among the user's data."""
    url = url or default_url()
    path = sqlite_path(url)
    if path is not None:
        return path.with_suffix(".files") / study
    key = hashlib.sha256(_without_password(url).encode()).hexdigest()[:12]
    return _user_folder() / "files" / key / study


def store_folder(url: str | None) -> Path:
    """The stage store that all studies of a storage share. No study's name begins with a dot."""
    return files_folder(url, ".stages")


def _user_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("paretune", appauthor=False))


def _without_password(url: str) -> str:
    return re.sub(r"(//[^:/@]+):[^@]+@", r"\1:***@", url)


def _cure(url: str, error: BaseException) -> str:
    """What to install, where a database's driver is missing; or that it is no database at all."""
    from sqlalchemy.exc import NoSuchModuleError

    if isinstance(error, NoSuchModuleError):
        return f"; name a database, such as {_SQLITE}studies.db or {_OUR_DRIVER[0]}HOST/NAME"
    if not isinstance(innermost(error), ImportError):
        return ""
    if url.startswith(_OUR_DRIVER):
        return f"; the driver comes with {install_command('psycopg')}"
    return "; install this driver of the database"
