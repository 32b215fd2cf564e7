"""The page about a data set."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from paretune.data.damage.examine import examine
from paretune.data.data_options import DataOptions
from paretune.report.data_page import data_page, png
from planted_damage import plant


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_a_png_that_others_read(channels: int) -> None:
    """Pixel by pixel."""
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    read = np.asarray(image.open(io.BytesIO(png(pixels))))
    assert np.array_equal(read.reshape(5, 7, channels), pixels)


def test_a_page_shows_the_worst_and_needs_nothing_beside_it(tmp_path: Path) -> None:
    """Pictures of each kind, at most two dozen; no script and no request; names are only text."""
    planted = plant(tmp_path / "<b>x.npz")
    examined, parts, _ = examine(DataOptions(str(planted.path)))
    page = data_page(examined, parts)
    for kind in planted.rows:
        assert f"<h2>{kind}, train</h2>" in page
    assert f"row {planted.rows['missing labels'].min()}, label -1" in page
    assert "is bright in class 2" in page
    assert "<b>x" not in page
    assert max(map(len, re.findall(r"<div class=rows>.*</div>", page))) < 100_000
    assert not re.findall(r"<script|src='(?!data:)|href=", page)
