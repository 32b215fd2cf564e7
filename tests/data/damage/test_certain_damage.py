"""Damage that is seen without any doubt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.data.damage.examine import examine
from paretune.data.data_options import DataOptions

Image = pytest.importorskip("PIL.Image")


def test_files_are_damaged_or_of_another_shape(tmp_path: Path) -> None:
    """Two kinds, each with the names of its files."""
    generator = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(20):
            pixels = generator.integers(0, 256, (6, 6), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{number:02}.png")
    cut = tmp_path / "a" / "07.png"
    cut.write_bytes(cut.read_bytes()[:-30])
    Image.fromarray(np.zeros((7, 7), np.uint8)).save(tmp_path / "b" / "03.png")
    examined, _, _ = examine(DataOptions(str(tmp_path)))
    found = {finding.kind: finding.details for finding in examined.found}
    assert [text.split(":")[0] for text in found["damaged files"]] == ["a/07.png"]
    assert found["other shapes"] == ["b/03.png: 7x7 pixels, not 6x6"]
    assert not examined.is_sound
