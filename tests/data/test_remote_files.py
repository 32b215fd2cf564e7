"""Files behind a URL: opened at an offset, by the protocol that the URL names."""

from __future__ import annotations

from pathlib import Path

import pytest
from cut_server import CutServer, serving
from paretune.data.remote_files import FsspecFile, HttpFile, remote_file
from paretune.errors import DataError, MissingExtraError


def test_the_scheme_chooses_the_protocol() -> None:
    """http is read by the standard library, the rest by fsspec."""
    assert isinstance(remote_file("https://host/x"), HttpFile)
    assert isinstance(remote_file("memory://x"), FsspecFile)


def test_a_file_of_any_protocol_is_opened_where_it_was_left() -> None:
    """From the offset while its mark is the same, else from its beginning."""
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://some/x.bin", "wb") as file:
        file.write(b"0123456789")
    remote = remote_file("memory://some/x.bin")
    with remote.open(0, "") as body:
        assert (body.content.read(4), body.size) == (b"0123", 10)
        mark = body.mark
    with remote.open(4, mark) as body:
        assert (body.start, body.content.read(99)) == (4, b"456789")
    with remote.open(4, "another") as body:
        assert (body.start, body.content.read(2)) == (0, b"01")


@pytest.mark.parametrize("url", ["memory://no/such", "nonsense://x"])
def test_what_cannot_be_had_is_said(url: str) -> None:
    """A file that is not there, a protocol that nobody knows."""
    pytest.importorskip("fsspec")
    with pytest.raises(DataError, match=url.replace("?", ".")), remote_file(url).open(0, ""):
        pass


def test_a_protocol_that_is_not_installed_names_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """s3 needs its own package."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "s3fs" else "")
    with pytest.raises(MissingExtraError, match=r"s3://bucket/x needs s3fs.*paretune\[s3\]"):
        remote_file("s3://bucket/x")


def test_a_password_comes_from_netrc_over_https_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unencrypted request never carries one that the URL does not hold."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(CutServer(b"x")) as server, HttpFile(f"{server.url}/x").open(0, "") as body:
        assert body.content.read(9) == b"x"
    assert "Authorization" not in server.requests[0]
    assert HttpFile("https://127.0.0.1/x")._authorization == "Basic bWU6c2VjcmV0"
