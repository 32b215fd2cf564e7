"""The cache: whole copies only, whatever the line, the server and other processes do."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cut_server import CutServer, serving
from paretune.data import file_cache
from paretune.data.file_cache import FileCache
from paretune.data.public_url import url_key
from paretune.errors import DataError

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[CutServer]:
    with serving(CutServer(CONTENT, cut_after=300_000)) as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> FileCache:
    return FileCache(tmp_path / "cache", 64 << 20, sleep=lambda seconds: None)


def read(cache: FileCache, url: str, sha256: str | None = None) -> bytes:
    with cache.file(url, sha256) as path:
        return path.read_bytes()


def copies(cache: FileCache) -> list[str]:
    return sorted(p.name for p in cache.folder.rglob("*") if p.is_file() and p.suffix != ".lock")


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("marked", [True, False])
def test_a_cut_line_is_taken_up_again(
    server: CutServer, cache: FileCache, framing: str, marked: bool
) -> None:
    """Three cuts, however the body's end is told: the whole file; resumed where it has a mark."""
    server.cuts, server.framing, server.marked = 3, framing, marked
    assert read(cache, f"{server.url}/x.npz") == CONTENT
    resumed = [headers["Range"] for headers in server.requests if "Range" in headers]
    assert (len(resumed) == 3) is marked
    assert copies(cache) == ["copy.json", "x.npz"]


def test_a_file_that_changes_between_two_tries_is_begun_anew(
    server: CutServer, cache: FileCache
) -> None:
    """The first part of one version is never joined to the rest of another."""
    server.cuts = 1
    content, new = server.content, CONTENT[::-1]

    def swap(seconds: float) -> None:
        server.content = new

    assert content != new
    assert read(FileCache(cache.folder, 64 << 20, sleep=swap), f"{server.url}/x.npz") == new


def test_a_line_that_stays_dead_is_given_up(server: CutServer, cache: FileCache) -> None:
    """After some tries without a byte: an error, what came is kept for the next run, and no copy
    is there.
    """
    server.cuts, server.cut_after = 1000, 0
    with pytest.raises(DataError, match=r"x\.npz cannot be fetched .*goes on from there"):
        read(cache, f"{server.url}/x.npz")
    assert "x.npz" not in copies(cache)


def test_a_body_of_unknown_length_needs_a_digest(server: CutServer, cache: FileCache) -> None:
    """Where a cut cannot be seen, nothing is kept, unless the digest says that it is whole."""
    server.framing = "none"
    with pytest.raises(DataError, match="does not say how long"):
        read(cache, f"{server.url}/x.npz")
    server.cuts = 1
    with pytest.raises(DataError, match=f"not the file that is asked for.*not {SHA256}"):
        read(cache, f"{server.url}/x.npz", SHA256)
    assert copies(cache) in ([], ["part.json"])
    assert read(cache, f"{server.url}/x.npz", SHA256) == CONTENT


def test_a_copy_is_used_until_the_server_has_another(server: CutServer, cache: FileCache) -> None:
    """The same version is not fetched twice; a new one is; without the server, the copy serves."""
    url = f"{server.url}/x.npz"
    assert read(cache, url) == read(cache, url) == CONTENT
    server.content = b"new"
    assert read(cache, url) == b"new"
    server.status = 503
    assert read(cache, url) == b"new"
    server.content, server.status = CONTENT, None
    assert read(cache, url, SHA256) == CONTENT
    asked = len(server.requests)
    assert read(cache, url, SHA256) == CONTENT
    assert len(server.requests) == asked  # its digest is enough


def test_a_damaged_copy_is_fetched_anew(server: CutServer, cache: FileCache) -> None:
    """A flipped bit on the disk is seen, as is a copy that lost its end."""
    for damage in (CONTENT[:-1], b"x" + CONTENT[1:]):
        with cache.file(f"{server.url}/x.npz") as path:
            pass
        path.chmod(0o644)
        path.write_bytes(damage)
        assert read(cache, f"{server.url}/x.npz") == CONTENT


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (403, 1), (503, 4)])
def test_an_answer_that_will_not_change_is_not_asked_for_again(
    server: CutServer, cache: FileCache, status: int, tries: int
) -> None:
    """A missing file is told at once, a busy server is tried again; the code is named."""
    server.status = status
    with pytest.raises(DataError, match=str(status)):
        read(cache, f"{server.url}/x.npz")
    assert len(server.requests) == tries


def test_the_cache_stays_within_its_limit(server: CutServer, tmp_path: Path) -> None:
    """What was used longest ago goes; what is in use stays; what can never fit is refused."""
    cache = FileCache(tmp_path, 5 << 19)  # 2.5 copies
    urls = [f"{server.url}/{name}" for name in "abc"]
    for url, used in zip(urls[:2], (100, 200), strict=True):
        read(cache, url)
        os.utime(tmp_path / url_key(url), (used, used))
    with cache.file(urls[0]), cache.file(urls[2]):  # the oldest is held
        assert not (tmp_path / url_key(urls[1])).exists()
        with pytest.raises(DataError, match="in use"):
            read(cache, urls[1])
    with pytest.raises(DataError, match=file_cache.LIMIT_VARIABLE):
        read(FileCache(tmp_path / "small", 1 << 19), urls[0])


def test_a_password_reaches_the_server_and_nobody_else(server: CutServer, cache: FileCache) -> None:
    """It is in no message, no file and no name of a file."""
    host = server.url.removeprefix("http://")
    url = f"http://me:s3cret@{host}/x.npz?token=s3cret"
    assert read(cache, url) == CONTENT
    assert server.requests[0]["Authorization"].startswith("Basic ")
    server.status = 404
    with pytest.raises(DataError) as caught:
        read(cache, url.replace("x.npz", "y.npz"))
    assert "s3cret" not in str(caught.value)
    for path in cache.folder.rglob("*"):
        assert "s3cret" not in str(path)
        assert not path.is_file() or b"s3cret" not in path.read_bytes()


@pytest.mark.faults
def test_four_processes_end_with_one_good_copy_though_one_is_killed(
    server: CutServer, cache: FileCache
) -> None:
    """The one that copies is killed in the middle of it; another goes on from there."""
    server.seconds_per_block = 0.05
    script = (
        "import sys, pathlib; from paretune.data.file_cache import FileCache\n"
        "with FileCache(pathlib.Path(sys.argv[1]), 64 << 20).file(sys.argv[2]) as path:\n"
        "    sys.stdout.buffer.write(path.read_bytes())\n"
    )
    command = [sys.executable, "-c", script, str(cache.folder), f"{server.url}/x.npz"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE)]
    part = cache.folder / url_key(command[-1]) / "x.npz.part"
    deadline = time.monotonic() + 60
    while not part.exists() or not part.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    processes += [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    processes[0].send_signal(signal.SIGKILL)
    outputs = [process.communicate()[0] for process in processes]
    assert outputs[1:] == [CONTENT] * 3
    assert copies(cache) == ["copy.json", "x.npz"]
    assert sum("Range" in headers for headers in server.requests) == 1


def test_the_folder_and_the_limit_are_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come from the environment; a limit that is no number is named."""
    monkeypatch.setenv(file_cache.FOLDER_VARIABLE, str(tmp_path / "mine"))
    monkeypatch.setenv(file_cache.LIMIT_VARIABLE, "7")
    cache = FileCache.default()
    assert (cache.folder, cache.limit_bytes) == (tmp_path / "mine", 7 << 20)
    monkeypatch.setenv(file_cache.LIMIT_VARIABLE, "much")
    with pytest.raises(DataError, match="'much'"):
        FileCache.default()
