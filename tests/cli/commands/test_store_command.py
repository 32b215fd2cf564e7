"""`paretune store`: what stages have left, and making room."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import optuna
import pytest
from paretune.cli import main
from paretune.cli.commands.store_command import parse_size
from paretune.errors import StoreError
from paretune.measure import Measurement
from paretune.stages.stage_store import StageStore
from paretune.study.storage.storage_address import StorageAddress

TRAIN = {"optimizer": "adam", "learning_rate": 0.00123, "batch_size": 128, "epochs": 3}


@pytest.fixture
def stages(
    made_study: optuna.Study, storage_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StageStore:
    """Beside the fabricated study: two trainings of half a MiB, a quantization without files."""
    assert made_study
    monkeypatch.setenv("COLUMNS", "80")
    store = StageStore(StorageAddress.of(storage_url).stages_folder)
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "weights.bin").write_bytes(os.urandom(2**19))
    (tmp_path / "nothing").mkdir()
    for name, stage, source, seconds, params in (
        ("a", "train", weights, 12.5, TRAIN),
        ("b", "train", weights, 30.0, {**TRAIN, "epochs": 6}),
        ("c", "quantize", tmp_path / "nothing", 0.25, {"bits": 4}),
    ):
        phases = {stage: Measurement(wall_seconds=seconds, gpu_seconds=seconds)}
        key = name * 64
        store.put(key, stage, source, phases=phases, metrics={}, notes={}, params=params)
    return store


def said(capsys: pytest.CaptureFixture[str], url: str, *arguments: str) -> str:
    assert main(["store", "--storage", url, *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def as_object(capsys: pytest.CaptureFixture[str], url: str, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(said(capsys, url, "--format", "json", *arguments)))


def test_table_shows_what_is_there(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """Stage, parameters, what it is worth, its size and its last use; totals and the folder."""
    os.utime(stages.folder / "bb" / ("b" * 64) / "manifest.json", (1_750_000_000,) * 2)
    lines = said(capsys, storage_url).splitlines()
    assert max(len(line) for line in lines if line != str(stages.folder)) <= 80
    rows = [line.split() for line in lines if line.startswith(("train ", "quantize "))]
    # The dearest for its size first: pruning begins at the bottom.
    assert [row[:3] for row in rows] == [
        ["quantize", "0.2500", "0.000"],
        ["train", "30.00", "0.5000"],
        ["train", "12.50", "0.5000"],
    ]
    assert rows[1][3].startswith("2025-06-1")
    assert "adam, learning_rate 0.00123, batch_size 128, epochs 6" in "\n".join(lines)
    assert "3 entries, 1.000 MiB; one by one they would take 42.75 core-seconds again" in lines
    # The summary comes first, however long the table is.
    assert lines[1] == "by stage: train 2 (1.000 MiB), quantize 1 (0.000 MiB)"
    assert lines[2] == str(stages.folder)


def test_json_is_the_contract(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """The same for scripts, with keys and folders."""
    record = as_object(capsys, storage_url)
    assert set(record) == {"folder", "size_mib", "entries", "removed", "broken"}
    assert record["size_mib"] == 1.0
    assert [entry["key"][0] for entry in record["entries"]] == ["c", "b", "a"]
    entry = record["entries"][2]
    assert (entry["stage"], entry["params"], entry["gpu_seconds"]) == ("train", TRAIN, 12.5)
    assert (Path(entry["folder"]) / "weights.bin").stat().st_size == 2**19
    assert record["removed"] == record["broken"] == []
    assert len(stages.entries()) == 3


def test_looking_is_not_using(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """What is shown, or kept by pruning, has not been used by that."""
    before = stages.entries()
    said(capsys, storage_url)
    said(capsys, storage_url, "--prune", "--limit", "1 GiB")
    assert stages.entries() == before


def test_prune_to_a_limit(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """The fewest GPU-seconds per MiB go first, and what went is told."""
    text = said(capsys, storage_url, "--prune", "--limit", "600 KiB")
    assert "removed 1 entry (0.5000 MiB)" in text
    assert "2 entries, 0.5000 MiB" in text
    assert sorted(entry.key[0] for entry in stages.entries()) == ["b", "c"]


def test_prune_everything(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """Without a limit nothing stays; the study does, and an empty store is no mistake."""
    record = as_object(capsys, storage_url, "--prune")
    assert [entry["key"][0] for entry in record["removed"]] == ["a", "b", "c"]
    assert (record["entries"], record["size_mib"]) == ([], 0)
    assert stages.entries() == []
    assert main(["front", "digits", "--storage", storage_url]) == 0
    capsys.readouterr()
    assert "nothing is stored" in said(capsys, storage_url)


def test_broken_entries_are_removed(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str
) -> None:
    """Pruning reads every file: what is not as it was put goes, whatever the limit."""
    weights = stages.folder / "bb" / ("b" * 64) / "files" / "weights.bin"
    content = weights.read_bytes()
    weights.unlink()  # the store links: "a" has the same file
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    text = said(capsys, storage_url, "--prune", "--limit", "1 GiB")
    assert "removed 0 entries (0.000 MiB) and 1 broken" in text
    assert sorted(entry.key[0] for entry in stages.entries()) == ["a", "c"]


def test_long_store_is_cut_and_counted(
    capsys: pytest.CaptureFixture[str], stages: StageStore, storage_url: str, tmp_path: Path
) -> None:
    """A table of thousands helps nobody: the dearest are shown, the others counted."""
    for number in range(120):
        key, phases = f"{number:064x}", {"train": Measurement(gpu_seconds=1.0)}
        source = tmp_path / "weights"
        stages.put(key, "train", source, phases=phases, metrics={}, notes={}, params=TRAIN)
    text = said(capsys, storage_url)
    assert sum(line.startswith(("train ", "quantize ")) for line in text.splitlines()) == 20
    assert "103 more below" in " ".join(text.split())
    assert len(as_object(capsys, storage_url)["entries"]) == 123


def test_before_the_first_study(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A user who has run nothing yet is told so, and nothing is created."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert main(["store"]) == 0
    assert "nothing is stored" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--prune", "--limit", "500"), '"500 MiB"'),
        (("--prune", "--limit", "-5 MiB"), "-5 MiB"),
        (("--prune", "--limit", "five GiB"), "five GiB"),
        (("--prune", "--limit", ""), "--limit ''"),
        (("--limit", "500 MiB"), "add --prune"),
        (("--format", "csv"), "'table', 'json'"),
        (("staged",), "staged"),
    ],
)
def test_mistakes_remove_nothing(
    capsys: pytest.CaptureFixture[str],
    stages: StageStore,
    storage_url: str,
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    """Each is one line with the value and the cure."""
    assert main(["store", "--storage", storage_url, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("paretune: ")
    assert expected in line
    assert len(stages.entries()) == 3


def test_storage_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A misspelt storage is told, not taken for one without stages."""
    assert main(["store", "--storage", f"sqlite:///{tmp_path / 'gone.db'}", "--prune"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_store_that_is_a_file(
    capsys: pytest.CaptureFixture[str], made_study: optuna.Study, storage_url: str
) -> None:
    """What cannot be pruned is one line, no traceback."""
    assert made_study
    folder = StorageAddress.of(storage_url).stages_folder
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / ("ab" * 32)).write_text("a file where an entry should be")
    assert main(["store", "--storage", storage_url, "--prune"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("paretune: cannot ")
    assert str(folder) in line


@pytest.mark.parametrize(
    ("text", "mib"),
    [("500 MiB", 500.0), ("1.5GiB", 1536.0), (" 512 kib ", 0.5), ("2 TiB", 2.0**21), ("0 MiB", 0)],
)
def test_sizes(text: str, mib: float) -> None:
    """A size has a number and a unit of 1024."""
    assert parse_size(text) == mib


@pytest.mark.parametrize("text", ["500 MB", "5,5 MiB", "1e3 MiB", "MiB", "inf GiB"])
def test_what_is_no_size(text: str) -> None:
    """Decimal units would be a guess; the message says what there is."""
    with pytest.raises(StoreError, match="KiB, GiB, TiB"):
        parse_size(text)
