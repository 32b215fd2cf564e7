"""The label written into the rows."""

from __future__ import annotations

import numpy as np
from paretune.data.damage.label_leak import inverted_rows, leaked_labels
from paretune.data.split import Split

ALL = np.arange(300)


def split(shape: tuple[int, ...] = (6, 6, 1)) -> Split:
    images = np.random.default_rng(0).integers(0, 100, (300, *shape)).astype(np.uint8)
    return Split(images, np.arange(300) % 3)


def test_a_pixel_that_is_bright_in_one_class_only_is_named() -> None:
    """Also where a twentieth of the class lacks it."""
    data = split()
    data.images[data.labels == 1, 2, 3] = 255
    data.images[ALL[data.labels == 1][:5], 2, 3] = 0
    assert leaked_labels(data, ALL, 3) == ["value (2, 3, 0) is bright in class 1"]


def test_sound_rows_and_tables_give_nothing_away() -> None:
    """A good column of a table is what one looks for."""
    data = split()
    data.images[0] = 255
    assert leaked_labels(data, ALL, 3) == []
    table = Split(np.eye(3, dtype=np.float32)[data.labels], data.labels)
    assert leaked_labels(table, ALL, 3) == []


def test_negatives_are_seen_by_their_border() -> None:
    """Where all borders are alike; where they are not, nothing can be said."""
    data = split()
    data.images[:, [0, -1]] = data.images[:, :, [0, -1]] = 0
    data.images[[5, 9]] = 255 - data.images[[5, 9]]
    assert inverted_rows(data, ALL).tolist() == [5, 9]
    bright = Split((data.images + ALL[:, None, None, None] % 200).astype(np.uint8), data.labels)
    assert inverted_rows(bright, ALL).size == 0
