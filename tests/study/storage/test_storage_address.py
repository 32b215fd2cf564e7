"""What a storage's URL means, and that nothing of a password is ever shown."""

import os
import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paretune.errors import StorageError
from paretune.study.storage.storage_address import StorageAddress

_LETTERS = string.ascii_letters + string.digits + "@:/?#%&+= !$*()[]é"


@pytest.mark.parametrize(
    ("one", "other"), [("exp.v1", "exp.v2"), ("exp.db", "exp.sqlite3"), ("exp", "exp.db")]
)
def test_two_databases_share_no_folder(tmp_path: Path, one: str, other: str) -> None:
    """The folder of files carries the database's whole name, whatever its ending."""
    folders = [StorageAddress.of(f"sqlite:///{tmp_path}/{n}").files_root for n in (one, other)]
    assert folders == [tmp_path / f"{one}.files", tmp_path / f"{other}.files"]


def test_a_link_to_a_database_leads_to_its_files(tmp_path: Path) -> None:
    """The files lie beside the database itself, by whatever name it is opened."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "x.db")
    address = StorageAddress.of(f"sqlite:///{tmp_path}/link.db")
    assert address.study_folder("s") == tmp_path / "real" / "x.db.files" / "s"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///a%20b.db", "a b.db"),
        ("sqlite:///a b.db", "a b.db"),
        ("sqlite+pysqlite:///x.db", "x.db"),
        ("sqlite:///100%25.db", "100%.db"),
        ("sqlite:///{x}.db", "{x}.db"),
    ],
)
def test_a_url_names_the_file_that_sqlalchemy_opens(
    url: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is quoted in a URL is unquoted in the file's name, once."""
    monkeypatch.chdir(tmp_path)
    address = StorageAddress.of(url)
    assert address.database == tmp_path / path
    assert StorageAddress.of(address.url).database == tmp_path / path


def test_home_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder, for SQLAlchemy as well."""
    monkeypatch.setenv("HOME", str(tmp_path))
    address = StorageAddress.of("sqlite:///~/x.db")
    assert address.database == tmp_path / "x.db"
    assert address.url == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("sqlite://", "must outlive its process; name a file"),
        ("sqlite:///:memory:", "must outlive its process; name a file"),
        ("sqlite:///file::memory:?uri=true", "must outlive"),
        ("sqlite:///file:x?mode=memory&uri=true", "must outlive"),
        ("sqlite:///file:x.db?mode=ro&uri=true", "write sqlite:///x.db"),
        ("sqlite:///~nobody-has-this-name/x.db", "no home folder that ~ could mean"),
        ("sqlite:///a%00b.db", "NUL"),
        ("runs.db", "write sqlite:///runs.db"),
        ("nonsense", "write sqlite:///nonsense"),
        ("", "this is no database's URL"),
        ("postgresql://me:p@ss@host/db", "as %40"),
        ("postgresql://me:1@2:3@host/db", "no database's URL"),
    ],
)
def test_what_is_no_storage_is_refused_with_the_cure(url: str, cure: str) -> None:
    """One line says what to write instead, before anything is made."""
    with pytest.raises(StorageError) as caught:
        StorageAddress.of(url)
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "ss@" not in str(caught.value)


def test_no_home_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without a home folder has no default storage; a named one serves it."""
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", _unknown)
    with pytest.raises(StorageError, match="set HOME or XDG_DATA_HOME"):
        StorageAddress.of(None)
    assert StorageAddress.of("sqlite:////data/x.db").database == Path("/data/x.db")


def _unknown(uid: int) -> None:
    raise KeyError(f"getpwuid(): uid not found: {uid}")


def test_a_current_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path has no meaning there; a whole one has."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(StorageError, match="the current folder is gone"):
        StorageAddress.of("sqlite:///x.db")
    assert StorageAddress.of(f"sqlite:///{tmp_path}/x.db").database == tmp_path / "x.db"
    os.chdir(tmp_path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5/db", "postgresql://me:***@host:5/db"),
        ("postgresql://me:se%40cret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me@/db?password=secret", "postgresql://me@/db?password=***"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("mysql://me:secret@host/db?ssl_key_password=secret", "***"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    """Neither in the URL for people, nor in a command to type, nor in a library's message."""
    address = StorageAddress.of(url)
    assert shown in address.shown
    for text in (address.shown, *address.options, repr(address)):
        assert "secret" not in text
        assert "cret" not in text
    assert "cret" not in address.censored(f"cannot open {url}")


@given(password=st.text(_LETTERS, min_size=6, max_size=20))
@example(password="abc@def")
@example(password="abc@def:ghi")
@example(password="abc/@def?x=1@ghi")
def test_no_part_of_any_password_is_shown(password: str) -> None:
    """Whatever is in it, quoted or not: no four characters in a row get out, into a message or a
    command."""
    try:
        address = StorageAddress.of(f"postgresql://u:{password}@h/d")
        told = " ".join((address.shown, *address.options, repr(address)))
    except StorageError as error:
        told = str(error)
    harmless = (
        "postgresql://u:***@h/d write each @ of the user's name or password as %40 database "
        f"{StorageAddress.of('postgresql://u@h/d')!r}"
    )
    for at in range(len(password) - 3):
        piece = password[at : at + 4]
        assert piece in harmless or piece not in told


def test_a_server_is_one_whoever_connects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user, password or driver is the same database: the same folder of files."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    urls = ["postgresql://a:x@h/d", "postgresql+psycopg://b:y@h/d", "postgresql://h/d"]
    roots = {StorageAddress.of(url).files_root for url in urls}
    assert len(roots) == 1
    assert roots.pop().is_relative_to(tmp_path)
    assert StorageAddress.of("postgresql://h/other").files_root not in roots
