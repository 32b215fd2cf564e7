"""Copies of remote files that processes share: whole, checked against a digest, bounded in size.

    FOLDER/KEY.lock          held shared while the copy is read, alone while it is made or removed
    FOLDER/KEY/NAME          the copy, written as NAME.part and renamed once it is whole
    FOLDER/KEY/copy.json     its size, sha256, and the server's mark of this version

fsspec's own caches keep a file that was cut for a whole one, and two processes write into one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from paretune.data.public_url import public_url, url_file_name, url_key
from paretune.data.remote_files import ConnectionLost, RemoteBody, RemoteFile, remote_file
from paretune.errors import DataError

FOLDER_VARIABLE, LIMIT_VARIABLE = "PARETUNE_DATA_CACHE", "PARETUNE_DATA_CACHE_MIB"
_DEFAULT_MIB = 20_480
_TRIES = 4  # in a row without a byte
_LONGEST_WAIT_SECONDS = 30.0
_CHUNK = 1 << 18  # what a killed process loses at most
_log = logging.getLogger("paretune.data")


@dataclass(frozen=True)
class CopyRecord:
    """What is known of a whole copy."""

    size: int
    sha256: str
    mark: str  # "": another version cannot be told from this one


class FileCache:
    """A folder of copies. Safe for any number of processes on one machine."""

    def __init__(
        self,
        folder: Path,
        limit_bytes: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._sleep = sleep

    @classmethod
    def default(cls) -> FileCache:
        """The user's: $PARETUNE_DATA_CACHE, of at most $PARETUNE_DATA_CACHE_MIB."""
        limit = os.environ.get(LIMIT_VARIABLE, str(_DEFAULT_MIB))
        if not limit.isdigit() or int(limit) < 1:
            raise DataError(f"{LIMIT_VARIABLE} is {limit!r}; give a whole number of MiB")
        return cls(cache_folder(), int(limit) << 20)

    @contextmanager
    def file(
        self,
        url: str,
        sha256: str | None = None,
        opened: Callable[[str], RemoteFile] = remote_file,
    ) -> Iterator[Path]:
        """The whole file behind `url`, held against removal inside the block.

        A copy is used as long as the server has the same version, or cannot be reached. Raises
        DataError where it cannot be fetched whole, or is not the file with that `sha256`.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DataError(
                f"{self.folder}: cannot be made ({error}); set {FOLDER_VARIABLE}"
            ) from None
        place = self.folder / url_key(url)
        path = place / url_file_name(url)
        remote, fresh = _Once(lambda: opened(url)), False
        while True:
            # Readers do not wait for each other; and to change one lock for another takes a moment
            # in which the copy may be removed.
            with _locked(place, fcntl.LOCK_SH):
                if (fresh and _known(path)) or self._is_current(url, path, sha256, remote):
                    os.utime(place)
                    yield path
                    return
            with _locked(place, fcntl.LOCK_EX):
                if not self._is_current(url, path, sha256, remote):
                    _forget(path)
                    path.parent.mkdir(exist_ok=True)
                    _Copying(self, url, path, sha256, self._sleep).run(remote())
                fresh = True

    def _is_current(
        self, url: str, path: Path, sha256: str | None, remote: Callable[[], RemoteFile]
    ) -> bool:
        """Is there a whole copy, of the version that the server has or of that digest?"""
        record = _known(path)
        if record is None or sha256 is not None:
            return record is not None and record.sha256 == sha256
        try:
            with remote().open(0, "") as body:
                return bool(body.mark) and body.mark == record.mark
        except ConnectionLost as lost:
            reason = public_url(str(lost))
            _log.warning("%s cannot be asked (%s): its copy is used", public_url(url), reason)
            return True

    def record_of(self, path: Path) -> CopyRecord:
        """Of a copy that `file` has given."""
        return CopyRecord(**json.loads(_record_path(path).read_text()))

    def make_room(self, needed: int, keep: Path) -> None:
        """Remove the copies that were used longest ago until `needed` bytes fit.

        Raises DataError where what is left is in use, or the disk is full.
        """
        if needed > self.limit_bytes:
            raise DataError(
                f"{needed / 2**20:,.0f} MiB are more than the cache may hold "
                f"({self.limit_bytes / 2**20:,.0f} MiB); set {LIMIT_VARIABLE}"
            )
        entries = [p for p in self.folder.iterdir() if p.is_dir() and p != keep]
        entries.sort(key=lambda entry: entry.stat().st_mtime)
        total = sum(map(_bytes_of, entries))
        for entry in entries:
            if total + needed <= self.limit_bytes:
                break
            size = _bytes_of(entry)
            with (
                contextlib.suppress(BlockingIOError),
                _locked(entry, fcntl.LOCK_EX | fcntl.LOCK_NB),
            ):
                shutil.rmtree(entry, ignore_errors=True)
                total -= size
        if total + needed > self.limit_bytes:
            raise DataError(
                f"{self.folder}: {total / 2**20:,.0f} MiB are in use, and {needed / 2**20:,.0f} "
                f"more are over its limit; set {LIMIT_VARIABLE}"
            )
        if needed > shutil.disk_usage(self.folder).free:
            raise DataError(f"{self.folder}: no room for {needed / 2**20:,.0f} MiB on this disk")


class _Copying:
    """One file on its way into the cache."""

    def __init__(
        self,
        cache: FileCache,
        url: str,
        path: Path,
        sha256: str | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._cache, self._path, self._wanted, self._sleep = cache, path, sha256, sleep
        self._place = public_url(url)
        self._part = path.with_name(f"{path.name}.part")
        self._part_mark = path.with_name("part.json")

    def run(self, remote: RemoteFile) -> None:
        tries = 0
        while True:
            before = self._have()
            try:
                body = self._try(remote)
                break
            except ConnectionLost as lost:
                tries = 1 if self._have() > before else tries + 1
                if tries >= _TRIES:
                    reason = public_url(str(lost))
                    raise DataError(
                        f"{self._place} cannot be fetched ({reason}); {self._have():,} bytes are "
                        "kept, and the next run goes on from there"
                    ) from None
                wait = min(2.0 ** (tries - 2), _LONGEST_WAIT_SECONDS)
                self._sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
        self._keep(body)

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _try(self, remote: RemoteFile) -> RemoteBody:
        mark = json.loads(self._part_mark.read_text())["mark"] if self._part_mark.exists() else ""
        with remote.open(self._have() if mark else 0, mark) as body:
            if body.size is None and not body.ends_clearly and self._wanted is None:
                raise DataError(
                    f"{self._place}: the server does not say how long the file is, so that a cut "
                    'one could be taken for whole; give its [data] sha256 = "..."'
                )
            self._cache.make_room(body.size or 0, self._path.parent)
            if body.start == 0:
                self._part.unlink(missing_ok=True)
                _write_json(self._part_mark, {"mark": body.mark})
            with self._part.open("ab") as out:
                while chunk := body.content.read(_CHUNK):
                    out.write(chunk)
                    if body.size is None and out.tell() % (64 * _CHUNK) < _CHUNK:
                        self._cache.make_room(out.tell(), self._path.parent)
                out.flush()
                os.fsync(out.fileno())
            if body.size is not None and self._have() != body.size:
                if self._have() > body.size:
                    self._part.unlink()
                raise ConnectionLost(f"{self._have():,} of {body.size:,} bytes came")
            return body

    def _keep(self, body: RemoteBody) -> None:
        with self._part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if self._wanted is not None and found != self._wanted:
            self._part.unlink()
            raise DataError(
                f"{self._place} is not the file that is asked for: its sha256 is {found}, not "
                f"{self._wanted}"
            )
        self._part.chmod(0o444)
        _write_json(_record_path(self._path), asdict(CopyRecord(self._have(), found, body.mark)))
        self._part.replace(self._path)
        self._part_mark.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where this user's copies lie."""
    import platformdirs

    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else Path(platformdirs.user_cache_dir("paretune")) / "data"


class _Once:
    """A remote file that is looked up when it is first asked for."""

    def __init__(self, make: Callable[[], RemoteFile]) -> None:
        self._make = make
        self._made: RemoteFile | None = None

    def __call__(self) -> RemoteFile:
        self._made = self._made or self._make()
        return self._made


@contextmanager
def _locked(place: Path, kind: int) -> Iterator[None]:
    # Lock files stay: one that was removed could be locked by two.
    with place.with_name(f"{place.name}.lock").open("a") as file:
        fcntl.flock(file, kind)
        yield


def _known(path: Path) -> CopyRecord | None:
    """The record of a copy whose bytes are still those of the record."""
    try:
        record = CopyRecord(**json.loads(_record_path(path).read_text()))
        if path.stat().st_size == record.size:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == record.sha256:
                    return record
    except (OSError, ValueError, TypeError):
        pass
    return None


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    _record_path(path).unlink(missing_ok=True)


def _record_path(path: Path) -> Path:
    return path.with_name("copy.json")


def _write_json(path: Path, record: dict[str, object]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(record))
    beside.replace(path)


def _bytes_of(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return total
