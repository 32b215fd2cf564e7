"""What stages have left behind, so that a stage that two configurations share is paid once.

An entry is a folder, found by its key (paretune.stages.stage_keys): the files the stage left, and a
manifest with their hashes, what the stage cost, phase by phase, and what it returned. It is
written beside its place and renamed into it; an entry whose files do not match its manifest is
removed, never used. The product of a stage is a function of its key, so that entries need no
other bookkeeping, and any number of trials, studies and drivers of one machine may share a store.

    STORE/ab/abcdef.../manifest.json, files/...
    STORE/locks/abcdef...     held (flock) by the process that computes the entry, and named by it
    STORE/new/...             being written

Every failure of the disk is a StoreProblem: the caller goes on without the store.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from paretune.measure import Measurement
from paretune.stages.stage_lock import take_lock
from paretune.trial.files import write_json

MANIFEST = "manifest.json"
FILES = "files"
_MIB = 2**20


class StoreProblem(Exception):
    """The store cannot be read or written; one line says why. Nothing is lost but the sharing."""


@dataclass(frozen=True)
class StoredStage:
    """What a stage left: where its files are, what it cost, what it said."""

    key: str
    stage: str
    folder: Path  # of the files
    phases: Mapping[str, Measurement]  # what this stage alone cost
    metrics: Mapping[str, float]
    notes: Mapping[str, Any]
    params: Mapping[str, Any]
    files: Mapping[str, str]  # relative path -> sha256
    size_mib: float
    used: float  # when it was last taken, POSIX seconds
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gpu_seconds(self) -> float:
        """What it would cost to compute it again."""
        return Measurement.total(self.phases.values()).gpu_seconds

    @property
    def gpu_seconds_per_mib(self) -> float:
        """What keeping it buys for its place on the disk: the least goes first."""
        return self.gpu_seconds / max(self.size_mib, 1e-9)


class StageStore:
    """A folder of entries. Cheap to make; every process makes its own."""

    def __init__(self, folder: Path, limit_mib: float | None = None) -> None:
        self.folder = folder
        self.limit_mib = limit_mib

    def has(self, key: str) -> bool:
        """Is there an entry? A look at one file; its content is checked when it is taken."""
        return (self._place(key) / MANIFEST).exists()

    def get(self, key: str) -> StoredStage | None:
        """The entry, its files checked; None if there is none or it is not whole.

        Raises StoreProblem when the disk cannot be read.
        """
        entry = self.read(key)
        if entry is None:
            return None
        if not self.is_whole(entry):
            self.remove(key)
            return None
        with contextlib.suppress(OSError):  # a read-only store still serves
            os.utime(self._place(key) / MANIFEST)
        return entry

    def is_whole(self, entry: StoredStage) -> bool:
        """Are its files there, and what they were when they were put?

        Raises StoreProblem when the disk cannot be read.
        """
        with _disk("read", self.folder):
            for name, digest in entry.files.items():
                path = entry.folder / name
                if not path.is_file() or _digest(path) != digest:
                    return False
        return True

    def read(self, key: str) -> StoredStage | None:
        """The entry by its manifest alone, its files unchecked."""
        place = self._place(key)
        try:
            with _disk("read", self.folder):
                text = (place / MANIFEST).read_text(encoding="utf-8")
                used = (place / MANIFEST).stat().st_mtime
        except FileNotFoundError:
            return None
        try:
            record = json.loads(text)
            phases = {n: Measurement.from_json(m) for n, m in record.pop("phases").items()}
            return StoredStage(**record, phases=phases, folder=place / FILES, used=used)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.remove(key)
            return None

    def put(
        self,
        key: str,
        stage: str,
        source: Path,
        *,
        phases: Mapping[str, Measurement],
        metrics: Mapping[str, float],
        notes: Mapping[str, Any],
        params: Mapping[str, Any],
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a copy of the folder `source` under `key`; one that is there already stays.

        Raises StoreProblem when it cannot be written.
        """
        with _disk("write", self.folder):
            beside = self.folder / "new" / uuid.uuid4().hex
            try:
                shutil.copytree(source, beside / FILES, copy_function=link)
                paths = [path for path in (beside / FILES).rglob("*") if path.is_file()]
                record = {
                    "key": key,
                    "stage": stage,
                    "phases": {name: asdict(cost) for name, cost in phases.items()},
                    "metrics": dict(metrics),
                    "notes": dict(notes),
                    "params": dict(params),
                    "files": {str(p.relative_to(beside / FILES)): _digest(p) for p in paths},
                    "size_mib": sum(path.stat().st_size for path in paths) / _MIB,
                    "extra": dict(extra or {}),
                }
                write_json(beside / MANIFEST, record)
                place = self._place(key)
                place.parent.mkdir(parents=True, exist_ok=True)
                try:
                    beside.rename(place)
                except OSError as error:
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                        raise
                    if not self.has(key):  # half removed: whoever removed it was killed
                        shutil.rmtree(place, ignore_errors=True)
                        beside.rename(place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        if self.limit_mib is not None:
            self.evict(self.limit_mib)

    def remove(self, key: str) -> None:
        """Take an entry out: its manifest first, so that a half-removed one is not one."""
        with contextlib.suppress(OSError):
            (self._place(key) / MANIFEST).unlink()
        shutil.rmtree(self._place(key), ignore_errors=True)

    @contextlib.contextmanager
    def computing(
        self,
        key: str,
        *,
        reports: Path | None = None,
        heard: Callable[[], None] = lambda: None,
    ) -> Iterator[None]:
        """Hold the right to compute `key`; waits while another process holds it.

        `reports` and `heard`: as paretune.stages.stage_lock says. Raises StoreProblem when the lock
        cannot be had: no disk, or one (of some networks) that has no locks.
        """
        with contextlib.ExitStack() as held:
            with _disk("lock", self.folder):
                (self.folder / "locks").mkdir(parents=True, exist_ok=True)
                handle = os.open(self.folder / "locks" / key, os.O_RDWR | os.O_CREAT, 0o644)
                # The lock's file stays when it is closed: removing it would let two in at once.
                held.callback(os.close, handle)
                take_lock(handle, reports, heard)
            yield

    def stored_keys(self) -> list[str]:
        """Of all entries, and of what is left of half-removed ones."""
        with _disk("read", self.folder):
            return [place.name for place in self.folder.glob("[0-9a-f][0-9a-f]/*")]

    def entries(self) -> list[StoredStage]:
        """Every entry, unchecked. Reads every manifest: for people and eviction, not for trials."""
        found = (self.read(key) for key in self.stored_keys())
        return [entry for entry in found if entry is not None]

    def evict(self, limit_mib: float) -> list[StoredStage]:
        """Remove entries until the rest fits: those first that buy the fewest GPU-seconds per MiB.

        Returns what was removed. What nobody finished writing within a day goes as well.
        """
        self._sweep()
        entries = self.entries()
        total = sum(entry.size_mib for entry in entries)
        removed = []
        for entry in sorted(entries, key=lambda entry: (entry.gpu_seconds_per_mib, entry.used)):
            if total <= limit_mib:
                break
            self.remove(entry.key)
            total -= entry.size_mib
            removed.append(entry)
        return removed

    def _sweep(self, older_than_seconds: float = 86_400.0) -> None:
        new = self.folder / "new"
        for path in new.iterdir() if new.is_dir() else ():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > older_than_seconds:
                    shutil.rmtree(path, ignore_errors=True)

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / key


def link(source: str, target: str) -> None:
    """One file under two names, or a copy where the disk cannot do that.

    What one side removes the other keeps. Nobody writes into a product: the hashes would tell.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _disk(action: str, folder: Path) -> Iterator[None]:
    """A disk that is full, read-only or broken as a StoreProblem; a missing file as it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, shutil.Error) as error:
        reason = error.strerror or str(error)
        raise StoreProblem(f"cannot {action} the stage store {folder}: {reason}") from error
