"""Rows that are nearly equal."""

from __future__ import annotations

import numpy as np
from paretune.data.cleaning import row_keys
from paretune.data.damage.near_duplicates import near_duplicates
from paretune.data.damage.sampled_rows import sample
from paretune.data.split import Split


def test_the_later_row_is_named_with_the_one_it_is_like() -> None:
    """A little noise is seen through; equal rows are another kind; the rest is left alone."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (400, 14, 14, 1))
    images[300] = np.clip(images[17] + generator.integers(-3, 4, (14, 14, 1)), 0, 255)
    images[310] = images[20]
    split = Split(images.astype(np.uint8), np.zeros(400, np.int32))
    rows, details = near_duplicates(sample(split, np.arange(400)), row_keys(split.images))
    assert rows.tolist() == [300]
    assert details == ["like row 17"]
