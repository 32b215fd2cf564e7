"""A study on a PostgreSQL server: a private one, started here and reached by its socket only."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest
from paretune.cli import main
from paretune.errors import StorageError
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage
from paretune.trial.outcome import Status
from small_study import TESTS, small_spec, write_study

ACCOUNT = "postgres"  # the server refuses to run as root; its package has made this account


def _binaries():
    """The folder of the newest server on this machine; None without one."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    found += [Path(on_path).parent] if on_path else []
    return max(found, key=lambda path: [int(n) for n in path.parts if n.isdigit()], default=None)


@pytest.fixture(scope="module")
def server():
    """A running server's folder, which holds its socket."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server (initdb) on this machine")
    if find_spec("psycopg") is None:
        pytest.skip('no psycopg: pip install "psycopg[binary]"')
    # Not below pytest's own folder, which another account may not enter.
    with tempfile.TemporaryDirectory(prefix="paretune-pg-") as name:
        folder, account = Path(name), {}
        if os.geteuid() == 0:
            account = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
            shutil.chown(folder, ACCOUNT, ACCOUNT)

        def call(tool, *arguments):
            command = [binaries / tool, "-D", folder / "data", *arguments]
            # Not to a pipe: the server keeps its standard error, and reading would never end.
            with open(folder / "tools.txt", "ab") as output:
                done = subprocess.run(  # type: ignore[call-overload]
                    command, check=False, cwd=folder, stdout=output, stderr=output, **account
                )
            assert done.returncode == 0, (folder / "tools.txt").read_text()

        call("initdb", "--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "-l", folder / "log.txt", "-o", options, "-w", "start")
        try:
            yield folder
        finally:
            call("pg_ctl", "-m", "immediate", "-w", "stop")


@pytest.fixture
def url(server, tmp_path, monkeypatch):
    """A database of the test's own; the files of its studies stay in the test's folder."""
    import psycopg

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    database = f"d{uuid.uuid4().hex}"
    with psycopg.connect(_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    return _url(server, database)


def _url(folder, database):
    return f"postgresql://tester@/{database}?host={folder}"


def test_study_on_a_server(url, tmp_path):
    """A study runs, ends at its trials, and the same command with more of them goes on."""
    spec = small_spec(tmp_path / "study")
    first = run_study(spec.with_budget(trials=3), storage_url=url, observer=Silent())
    assert first.state.finished == {"completed": 3}
    observer = Silent()
    again = run_study(spec.with_budget(trials=5), storage_url=url, observer=observer)
    assert again.state.finished == {"completed": 5}
    assert "goes on after 3 ended trials" in observer.messages[0]
    loaded = load_study("small", url)
    assert [record.number for record in loaded.records] == list(range(5))
    assert loaded.front
    assert loaded.spent_gpu_seconds == pytest.approx(again.state.spent_gpu_seconds)
    # There is no file to be beside, and nothing may land in the current folder.
    assert loaded.folder.is_relative_to(tmp_path / "data")
    assert all(Path(record.log).is_file() for record in loaded.records)


def test_two_drivers_on_a_server(url, tmp_path):
    """Two programs that meet on an empty database both make its tables and share the study."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[3])\n"
        "from paretune.spec.study_spec import StudySpec\n"
        "from paretune.study.run_study import run_study\n"
        "from paretune.study.observer import Silent\n"
        "run_study(StudySpec.load(sys.argv[1]), storage_url=sys.argv[2], observer=Silent())"
    )
    path = write_study(tmp_path / "study", trials=8)
    arguments = [sys.executable, "-c", script, str(path), url, str(TESTS)]
    drivers = [subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for driver in drivers:
        _, errors = driver.communicate(timeout=120)
        assert driver.returncode == 0, errors
    records = load_study("small", url).records
    assert {record.status for record in records} == {Status.COMPLETED}
    assert 8 <= len(records) <= 9  # both may take the last one


def test_tables_are_made_once(url):
    """Of many that open an empty database at the same moment each gets a working storage."""
    together = threading.Barrier(4)

    def opened(number):
        together.wait()
        return optuna.create_study(storage=open_storage(url), study_name=f"study {number}")

    with ThreadPoolExecutor(4) as threads:
        studies = list(threads.map(opened, range(4)))
    assert len(optuna.get_all_study_names(studies[0]._storage)) == 4


def test_another_tools_study_is_listed_apart(url, capsys):
    """Optuna's own studies may live in the same database."""
    optuna.create_study(storage=open_storage(url), study_name="foreign")
    assert main(["list", "--storage", url]) == 0
    assert "and 1 that paretune did not run" in capsys.readouterr().out


def test_database_that_is_not_there(server):
    """A misspelt database is one line that names it, and carries no password."""
    bad = f"postgresql://tester:secret@/misspelt?host={server}"
    with pytest.raises(StorageError, match='database "misspelt" does not exist') as caught:
        open_storage(bad)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("bad", "cure"),
    [
        ("postgresql://me:secret@127.0.0.1/x", 'pip install "paretune[postgresql]"'),
        ("postgresql+psycopg2://me:secret@127.0.0.1/x", "install this driver"),
        ("redis://me:secret@127.0.0.1/0", "name a database, such as sqlite:///studies.db"),
    ],
)
def test_driver_that_is_missing(bad, cure, monkeypatch):
    """The message says what to install, or that it is no database's URL."""
    for name in ("psycopg", "psycopg2"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(StorageError) as caught:
        open_storage(bad)
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
