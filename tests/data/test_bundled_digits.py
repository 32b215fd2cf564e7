"""The bundled digits: how they are enlarged."""

from __future__ import annotations

import numpy as np
import pytest
from paretune.data.bundled_digits import enlarge, read_digits


def test_enlarging_keeps_flat_areas_and_the_centre_of_mass() -> None:
    """A flat image stays flat, and an image keeps where its ink is."""
    assert (enlarge(np.full((1, 8, 8), 0.5), 28) == 128).all()
    spot = np.zeros((1, 8, 8))
    spot[0, 2, 5] = 1
    large = enlarge(spot, 28)[0].astype(float)
    rows, columns = np.mgrid[:28, :28] + 0.5
    assert (large * rows).sum() / large.sum() == pytest.approx(2.5 * 28 / 8, abs=0.1)
    assert (large * columns).sum() / large.sum() == pytest.approx(5.5 * 28 / 8, abs=0.1)


def test_every_writer_begins_with_three_rows_of_digits() -> None:
    """The fourteen writers are told apart by where 0 to 9 come three times over."""
    parts = read_digits().parts
    train, test = parts["train"], parts["test"]
    assert train.groups is not None
    assert sorted(set(train.groups)) == list(range(11))
    for writer in range(11):
        first = train.labels[train.groups == writer][:10]
        assert len(set(first)) >= 9  # some have lost a digit
    assert list(test.labels[:10]) == list(range(10))
