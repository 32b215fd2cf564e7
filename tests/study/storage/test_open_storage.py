"""Storages that open, and those that cannot: each one a clear line before anything is trained."""

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import optuna
import pytest
from another_user import as_nobody, let_in
from paretune.errors import StorageError
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ("postgresql://nobody:secret@127.0.0.1:1/none", "storage postgresql://nobody"),
        ("nonsense://x", "storage nonsense"),
    ],
)
def test_unreachable_storage(bad, place):
    """A storage that cannot be had is one clear line, without its password."""
    with pytest.raises(StorageError, match=place) as error:
        open_storage(bad)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_file_that_is_no_database(tmp_path):
    """A file that is something else is not taken for an empty study."""
    (tmp_path / "x.db").write_text("this is no database at all, and long enough to tell " * 20)
    with pytest.raises(StorageError, match="not a database"):
        open_storage(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.parametrize("name", ["100%25 {of} it?.db", "a%20b.db", "é ü.db", "{SCHEMA_VERSION}"])
def test_odd_names(tmp_path, name):
    """A database is where its URL says, whatever is in its name, and is found there again."""
    url = f"sqlite:///{tmp_path}/{name.replace('?', '%3F')}"
    optuna.create_study(storage=open_storage(url), study_name="s")
    made = {path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    assert made == {name.replace("%25", "%").replace("%20", " ")}
    assert optuna.get_all_study_names(open_storage(url, create=False)) == ["s"]


@pytest.mark.parametrize("parent", ["file/below", "/proc/nothing/here", "x" * 300])
def test_a_folder_that_cannot_be_made(tmp_path, parent):
    """Below a file, in /proc, with a name too long: one line that names the place and the cure."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="name another storage") as error:
        open_storage(f"sqlite:///{tmp_path / parent}/x.db")
    assert "\n" not in str(error.value)
    with pytest.raises(StorageError, match="no such file, or it cannot be seen"):
        open_storage(f"sqlite:///{tmp_path / parent}/x.db", create=False)


def test_another_users_database_is_not_run_on(tmp_path):
    """A study cannot be kept where this account may not write: that is said first."""
    url = f"sqlite:///{tmp_path}/x.db"
    open_storage(url)
    let_in(tmp_path)

    def attempt():
        with pytest.raises(StorageError, match="may not be written by this account"):
            open_storage(url)
        return "refused"

    assert as_nobody(attempt) == "refused"


def test_another_users_database_is_read(made_study, storage_url, tmp_path):
    """It is shown to an account that may not write it, though its log cannot be opened then."""
    made_study._storage._backend.engine.dispose()  # the last writer closes: its log is gone
    assert not (tmp_path / "studies.db-shm").exists()
    let_in(tmp_path)
    front = [record.number for record in load_study("digits", storage_url).front]
    assert as_nobody(lambda: [r.number for r in load_study("digits", storage_url).front]) == str(
        front
    )


def test_another_users_database_is_read_while_it_is_written(made_study, storage_url, tmp_path):
    """A reader sees what a driver has written this moment, in a log it may only read."""
    made_study.set_user_attr("fresh", 1)
    assert (tmp_path / "studies.db-wal").stat().st_size > 0
    let_in(tmp_path)
    said = as_nobody(lambda: load_study("digits", storage_url).study.user_attrs["fresh"])
    assert said == "1"


def test_a_reader_sees_drivers_come_and_go(made_study, storage_url, tmp_path):
    """A viewer that stays (the dashboard) follows a driver that begins after it."""
    made_study._storage._backend.engine.dispose()
    let_in(tmp_path)
    script = (
        "import sys, optuna; from paretune.study.storage.open_storage import open_storage\n"
        "study = optuna.load_study(study_name='digits', storage=open_storage(sys.argv[1]))\n"
        "study.set_user_attr('seen', 2); print('done', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, storage_url]
    start, started = os.pipe(), os.pipe()

    def watch():
        study = load_study("digits", storage_url).study
        before = study.user_attrs.get("seen")
        os.write(start[1], b"x")
        os.read(started[0], 1)
        return before, study.user_attrs.get("seen")

    def drive():
        os.read(start[0], 1)
        driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        driver.stdout.readline()
        os.write(started[1], b"x")
        return driver

    if (helper := os.fork()) == 0:
        with drive() as driver:
            driver.communicate(b"")
        os._exit(0)
    try:
        assert as_nobody(watch) == "(None, 2)"
    finally:
        os.write(start[1], b"x")  # where the viewer was skipped
        os.waitpid(helper, 0)


def test_a_disk_without_locks(tmp_path, monkeypatch):
    """Where the folder cannot be locked the database opens all the same."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    url = f"sqlite:///{tmp_path}/x.db"
    optuna.create_study(storage=open_storage(url), study_name="s")
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        assert database.execute("SELECT study_name FROM studies").fetchall() == [("s",)]
