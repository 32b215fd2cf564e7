"""The prepared form: what is written is what is read, and all that was done can be looked up."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.data.data_options import DataOptions
from paretune.data.dataset import load
from paretune.data.prepare_data import prepare
from paretune.errors import DataError


def source(path: Path, *, scale: float = 1.0, kind: Any = np.uint8) -> str:
    """Of 300 training rows: a duplicate, a leak, a constant one."""
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (400, 6, 5), dtype=np.uint8)
    images[7], images[9], images[20] = images[3], 128, images[305]
    labels = np.arange(400) % 4
    x = (images * scale).astype(kind) if scale == 1 else (images / np.float32(255)).astype(kind)
    np.savez(path, x_train=x[:300], y_train=labels[:300], x_test=x[300:], y_test=labels[300:])
    return str(path)


def test_a_study_reads_what_was_written(tmp_path: Path) -> None:
    """The same rows in the same parts as without preparing, in a tenth of the manifest's work."""
    path = source(tmp_path / "x.npz")
    out = tmp_path / "out"
    prepare(DataOptions(path, clean=True, seed=3), out, licence="CC0-1.0")
    ready, plain = load({"source": str(out)}), load({"source": path, "clean": True, "seed": 3})
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(ready, part).images, getattr(plain, part).images)
        assert np.array_equal(getattr(ready, part).labels, getattr(plain, part).labels)
    assert ready.cleaning == plain.cleaning
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["licence"] == "CC0-1.0"
    assert manifest["statistics"]["mean"] == pytest.approx([ready.train.images.mean()])
    assert manifest["statistics"]["std"] == pytest.approx([ready.train.images.std()])
    assert sum(manifest["counts"]["train"]) == len(ready.train)
    assert len(load({"source": str(out), "limit": 50}).train) == 50


def test_every_removal_is_named_with_its_rule(tmp_path: Path) -> None:
    """By its row in the source, which stays as it is; without the rule the row is back."""
    path = source(tmp_path / "x.npz")
    prepare(DataOptions(path, clean=True), tmp_path / "out")
    with (tmp_path / "out" / "removed.csv").open() as file:
        lines = list(csv.DictReader(file))
    found = {(line["part"], int(line["row"]), line["rule"]) for line in lines}
    assert found == {("train", 9, "constant"), ("train", 20, "leaks"), ("train", 7, "duplicates")}
    less = prepare(DataOptions(path, clean=["leaks"]), tmp_path / "less")
    assert less["cleaning"] == {"leaks": 1}
    assert sum(less["counts"]["train"]) + sum(less["counts"]["validation"]) == 299


@pytest.mark.parametrize(
    ("scale", "kind", "stored", "factor"),
    [
        (1.0, np.float32, "uint8", 1.0),
        (1.0, np.int64, "uint8", 1.0),
        (1 / 255, np.float32, "uint8", 255.0),
        (1 / 255, np.float16, "float32", 1.0),
    ],
)
def test_only_exact_bytes_become_bytes(
    tmp_path: Path, scale: float, kind: Any, stored: str, factor: float
) -> None:
    """Whole numbers, and pixels of exactly k/255; anything else keeps every digit."""
    manifest = prepare(
        DataOptions(source(tmp_path / "x.npz", scale=scale, kind=kind)), tmp_path / "o"
    )
    assert (manifest["dtype"], manifest["multiplied_by"]) == (stored, factor)
    ready = load({"source": str(tmp_path / "o")})
    plain = load({"source": str(tmp_path / "x.npz")})
    assert np.array_equal(
        ready.train.images,
        np.rint(plain.train.images * factor) if factor > 1 else plain.train.images,
    )


def test_the_same_source_gives_the_same_fingerprint(tmp_path: Path) -> None:
    """Another rule, another seed or another label gives another."""
    path = source(tmp_path / "x.npz")
    prints = [
        prepare(DataOptions(path, clean=clean, seed=seed), tmp_path / str(number))["fingerprint"]
        for number, (clean, seed) in enumerate([(True, 0), (True, 0), (False, 0), (True, 1)])
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
    assert load({"source": str(tmp_path / "0")}).fingerprint == prints[0]


def test_a_folder_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in the middle leaves nothing; what is there already stays."""
    path = source(tmp_path / "x.npz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("")
    with pytest.raises(DataError, match="is there already"):
        prepare(DataOptions(path), tmp_path / "mine")

    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(DataError, match="disk full"):
        prepare(DataOptions(path), tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "x.npz"]
