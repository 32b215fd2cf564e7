"""Pruning a store by hand: broken entries go first, then what is worth least for its size."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from paretune.measure import Measurement
from paretune.stages.prune_store import prune
from paretune.stages.stage_store import StageStore, StoreProblem


@pytest.fixture
def store(tmp_path: Path) -> StageStore:
    """Three entries of a quarter of a MiB, worth 5, 1 and 9 GPU-seconds, and one without files."""
    made = StageStore(tmp_path / "store")
    source, nothing = tmp_path / "product", tmp_path / "nothing"
    source.mkdir()
    nothing.mkdir()
    for number, cost in enumerate([5.0, 1.0, 9.0]):
        (source / "weights.bin").unlink(missing_ok=True)  # a store links: never write into a file
        (source / "weights.bin").write_bytes(os.urandom(2**18))
        put(made, number, source, cost)
    put(made, 3, nothing, 0.5)
    return made


def put(store: StageStore, number: int, source: Path, cost: float) -> None:
    phases = {"train": Measurement(gpu_seconds=cost)}
    store.put(key(number), "train", source, phases=phases, metrics={}, notes={}, params={})


def key(number: int) -> str:
    return f"a{number}" + 62 * "0"


def left(store: StageStore) -> list[int]:
    return [number for number in range(4) if store.has(key(number))]


def test_prune_to_a_size(store: StageStore) -> None:
    """The cheapest for its size goes, and no more than is needed."""
    done = prune(store, 0.6)
    assert [entry.key for entry in done.evicted] == [key(1)]
    assert not done.broken
    assert left(store) == [0, 2, 3]


def test_prune_that_needs_nothing_removes_nothing(store: StageStore) -> None:
    """A store below its limit keeps everything, and is not taken to have been used."""
    before = store.entries()
    assert prune(store, 100.0).evicted == []
    assert store.entries() == before


def test_prune_everything(store: StageStore) -> None:
    """Without a limit nothing stays, entries without files neither."""
    assert len(prune(store, None).evicted) == 4
    assert store.entries() == []


@pytest.mark.parametrize("damage", ["flip", "missing", "manifest", "half removed"])
def test_broken_entries_go_first(store: StageStore, damage: str) -> None:
    """What is not whole is removed however large the limit, and does not count towards it."""
    entry = store.read(key(2))
    assert entry is not None
    weights, manifest = entry.folder / "weights.bin", entry.folder.parent / "manifest.json"
    if damage == "flip":
        content = bytearray(weights.read_bytes())
        content[99] ^= 1
        weights.write_bytes(content)
    elif damage == "missing":
        weights.unlink()
    elif damage == "manifest":
        manifest.write_text('{"key": ', encoding="utf-8")
    else:
        manifest.unlink()
    done = prune(store, 0.6)
    assert done.broken == [key(2)]
    assert not done.evicted
    assert not (store.folder / "a2" / key(2)).exists()
    assert left(store) == [0, 1, 3]


def test_disk_that_keeps_what_should_go(store: StageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that cannot be written is told, not taken for pruned."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(StoreProblem, match="cannot remove 4 entries of the stage store"):
        prune(store, None)


def test_half_removed_entry_does_not_block_its_key(store: StageStore, tmp_path: Path) -> None:
    """Whoever removed an entry may have been killed on the way: it can be put again."""
    entry = store.read(key(0))
    assert entry is not None
    (entry.folder.parent / "manifest.json").unlink()
    assert not store.has(key(0))
    put(store, 0, tmp_path / "product", 7.0)
    again = store.get(key(0))
    assert again is not None
    assert again.gpu_seconds == 7.0
