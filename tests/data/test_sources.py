"""Which reader a source has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cut_server import CutServer, serving
from paretune.catalog import DATA_SOURCES
from paretune.data import sources
from paretune.data.data_options import DataOptions
from paretune.data.dataset import load
from paretune.errors import DataError


def test_every_named_source_has_a_reader() -> None:
    """What a study file may name is what can be read."""
    assert tuple(sources._NAMED) == DATA_SOURCES


def test_a_path_without_a_file_names_the_sources_that_need_none() -> None:
    """One line with the path and the known names."""
    with pytest.raises(DataError, match=r"no/such\.npz.*no such file.*digits, mnist"):
        sources.read_source(DataOptions("no/such.npz"))


def write(path: Path) -> Path:
    rows = np.random.default_rng(0).integers(0, 256, (60, 4, 4), dtype=np.uint8)
    np.savez(path, x_train=rows, y_train=np.arange(60) % 3)
    return path


def test_one_file_is_one_data_set_however_it_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its path, by file://, from memory, and over http with the line cut in the middle."""
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.setenv("PARETUNE_DATA_CACHE", str(tmp_path / "cache"))
    path = write(tmp_path / "x.npz")
    with fsspec.open("memory://set/x.npz", "wb") as file:
        file.write(path.read_bytes())
    with serving(CutServer(path.read_bytes(), cuts=1, cut_after=700)) as server:
        places = [str(path), f"file://{path}", "memory://set/x.npz", f"{server.url}/x.npz"]
        prints = {load({"source": place}).fingerprint for place in places}
    assert len(prints) == 1


def test_trouble_in_a_remote_file_is_told_by_its_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by its place in the cache; and a file that is not the one asked for is refused."""
    monkeypatch.setenv("PARETUNE_DATA_CACHE", str(tmp_path / "cache"))
    with serving(CutServer(b"no archive")) as server:
        url = f"{server.url}/x.npz"
        with pytest.raises(DataError, match=f"^{url}: not a readable"):
            load({"source": url})
        with pytest.raises(DataError, match="not the file that is asked for"):
            load({"source": url, "sha256": "0" * 64})
