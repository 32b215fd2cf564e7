"""Segments of shared memory that are named for their trial, and removed after it."""

from __future__ import annotations

import uuid
from multiprocessing import shared_memory
from pathlib import Path

import pytest
from paretune.worker.shared_memory import FOLDER, name_segments, remove_segments


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> str:
    """How the names begin in this test; afterwards they are Python's own again."""
    for name in ("_SHM_NAME_PREFIX", "_SHM_SAFE_NAME_LENGTH"):
        monkeypatch.setattr(shared_memory, name, getattr(shared_memory, name))
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", "")
    return f"paretune-test-{uuid.uuid4().hex[:8]}-1-"


def test_a_trials_segments_are_found_and_removed(prefix: str, tmp_path: Path) -> None:
    """Those of the trial whose number begins alike stay."""
    name_segments(prefix, tmp_path)
    mine = shared_memory.SharedMemory(create=True, size=16)
    name_segments(prefix.replace("-1-", "-11-"), tmp_path)
    others = shared_memory.SharedMemory(create=True, size=16)
    try:
        assert mine.name.startswith(prefix)
        remove_segments(prefix)
        assert not (FOLDER / mine.name).exists()
        assert (FOLDER / others.name).exists()
        mine.buf[0] = 1  # whoever maps it still can
    finally:
        mine.close()
        others.close()
        others.unlink()


def test_nothing_to_remove(prefix: str) -> None:
    """A trial that used none is no error."""
    remove_segments(prefix)
