"""Rows while they are read, and what becomes of their labels."""

from __future__ import annotations

import numpy as np
import pytest
from paretune.data.collected_rows import CollectedRows, numbered
from paretune.errors import DataError


def test_rows_of_another_shape_are_refused_with_their_number() -> None:
    """The set has one shape."""
    rows = CollectedRows("here")
    rows.append(np.zeros((3, 4)), [0, 1, 2])
    with pytest.raises(DataError, match=r"here: row 3 has shape \(5,\)"):
        rows.append(np.zeros((1, 5)), [0])


def test_no_row_at_all_is_said_with_what_was_in_the_way() -> None:
    """The first thing that could not be read."""
    rows = CollectedRows("here")
    rows.unreadable.append("x.png: cut")
    with pytest.raises(DataError, match=r"no row that can be read \(x\.png: cut\)"):
        rows.part()


@pytest.mark.parametrize(
    ("columns", "labels", "names"),
    [
        ([[2, 0], [1]], [[2, 0], [1]], ()),
        ([[1.0, np.nan], [0.0]], [[1, -1], [0]], ()),
        ([["b", "a"], ["c"]], [[1, 0], [2]], ("a", "b", "c")),
        ([["b", None], ["", "a"]], [[1, -1], [-1, 0]], ("a", "b")),
        ([["10", "2"], ["1"]], [[10, 2], [1]], ()),
        ([[True, False], [True]], [[1, 0], [1]], ()),
    ],
)
def test_labels_become_numbers_alike_in_all_parts(
    columns: list[list[object]], labels: list[list[int]], names: tuple[str, ...]
) -> None:
    """Whole numbers stay, names go by the alphabet, what is missing is -1."""
    arrays = [np.array(c, object if isinstance(c[0], str) else None) for c in columns]
    found, called = numbered(arrays, "here")
    assert [each.tolist() for each in found] == labels
    assert called == names


def test_a_label_for_every_row_is_no_label() -> None:
    """A column of identifiers was taken for it."""
    with pytest.raises(DataError, match="is that the right column"):
        numbered([np.array([f"id{i}" for i in range(100_001)], object)], "here")
