"""Fetching in a process of its own: this one stays free of threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from paretune.data.fetch_process import fetched
from paretune.data.file_cache import FileCache
from paretune.errors import DataError


def test_another_process_fills_the_cache(tmp_path: Path) -> None:
    """By any protocol of fsspec; a missing file is told as here, without what is secret."""
    pytest.importorskip("fsspec")
    (tmp_path / "x.bin").write_bytes(b"content")
    cache = FileCache(tmp_path / "cache", 1 << 20)
    before = threading.active_count()
    with fetched(f"local://{tmp_path}/x.bin", None, cache) as path:
        assert path.read_bytes() == b"content"
        assert path.is_relative_to(cache.folder)
    with (
        pytest.raises(DataError, match=r"no/such\.bin: no such file"),
        fetched("local:///no/such.bin", None, cache),
    ):
        pass
    assert threading.active_count() == before
