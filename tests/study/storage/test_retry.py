"""What passes is waited for: locks, restarts. What does not is said at once."""

import sqlite3

import optuna
import pytest
import sqlalchemy.exc
from paretune.errors import StorageError
from paretune.study.storage.retry import cause_of, retry_locked


class DriverError(Exception):
    """As a server's driver raises it."""

    def __init__(self, message, sqlstate=None):
        super().__init__(message)
        self.sqlstate = sqlstate


def by_optuna(reason, wrapper=sqlalchemy.exc.OperationalError, **options):
    """The error as it comes out of Optuna, of SQLAlchemy's, of the driver's."""
    middle = wrapper("SELECT 1", {}, reason, **options)
    middle.__cause__ = reason
    outer = optuna.exceptions.StorageInternalError("An exception is raised during the commit.")
    outer.__cause__ = middle
    return outer


def outcome_of(error, times=2):
    """What comes of an action that fails so often and then succeeds."""
    left = [error] * times

    def action():
        if left:
            raise left.pop()
        return "done"

    return retry_locked(action)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("paretune.study.storage.retry._FIRST_PAUSE", 0.0)


@pytest.mark.parametrize(
    "error",
    [
        by_optuna(sqlite3.OperationalError("database is locked")),
        by_optuna(DriverError("terminating connection due to administrator command", "57P01")),
        by_optuna(DriverError("the database system is starting up", "57P03")),
        by_optuna(DriverError("server closed the connection unexpectedly", "08006")),
        by_optuna(DriverError("deadlock detected", "40P01")),
        by_optuna(DriverError("could not serialize access", "40001")),
        by_optuna(DriverError("connection refused")),
        by_optuna(DriverError("gone"), sqlalchemy.exc.DBAPIError, connection_invalidated=True),
        by_optuna(DriverError("cannot reach"), sqlalchemy.exc.InterfaceError),
    ],
    ids=lambda error: cause_of(error)[:30],
)
def test_what_passes_is_tried_again(error):
    """The action succeeds as soon as it can."""
    assert outcome_of(error) == "done"


@pytest.mark.parametrize(
    "error",
    [
        by_optuna(sqlite3.OperationalError("attempt to write a readonly database")),
        by_optuna(sqlite3.DatabaseError("database disk image is malformed")),
        by_optuna(DriverError("permission denied for table trials", "42501")),
        by_optuna(DriverError("value too long", "22001"), sqlalchemy.exc.DataError),
    ],
    ids=lambda error: cause_of(error)[:30],
)
def test_what_stays_is_one_line(error):
    """With its innermost reason, and what is kept."""
    with pytest.raises(StorageError, match="finished trials are kept") as caught:
        outcome_of(error, times=1)
    assert cause_of(error) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_errors_are_no_storages():
    """A bug keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        retry_locked(lambda: 1 // 0)


def test_the_place_of_a_file_is_named():
    """An error of the disk says which file or folder."""
    with pytest.raises(OSError, match="nothing") as caught:
        open("/nothing/here")  # noqa: SIM115
    assert cause_of(caught.value) == "No such file or directory: /nothing/here"
