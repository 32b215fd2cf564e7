"""Rows that mislead a study, by rule."""

from __future__ import annotations

import numpy as np
import pytest
from paretune.data.cleaning import Removals, constant_rows, misleading_rows, row_keys
from paretune.data.data_options import RULES
from paretune.data.split import Split


def planted(kind: type) -> tuple[Split, Split]:
    """Row 4 repeats 0, row 5 contradicts 1, row 6 is of the test part, row 7 is constant."""
    rows: np.ndarray = np.random.default_rng(0).integers(0, 256, (20, 3, 3, 1)).astype(kind)
    rows[4], rows[5], rows[6], rows[7] = rows[0], rows[1], rows[15], 9
    labels = np.arange(20) % 2
    return Split(rows[:12], labels[:12]), Split(rows[12:], labels[12:])


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_each_rule_finds_its_own(kind: type) -> None:
    """Each row falls under the first rule that applies."""
    pool, test = planted(kind)
    pool.labels[4] = pool.labels[0]
    found = misleading_rows(pool, test, RULES, np.arange(12))
    assert {rule: rows.tolist() for rule, rows in found.items()} == {
        "constant": [7],
        "contradictions": [],
        "leaks": [6],
        "duplicates": [4, 5],
    }
    pool.labels[5] = 1 - pool.labels[1]
    found = misleading_rows(pool, test, RULES, np.arange(12))
    assert found["contradictions"].tolist() == [1, 5]
    only = misleading_rows(pool, test, ("duplicates",), np.setdiff1d(np.arange(12), [0, 1]))
    assert {rule: rows.tolist() for rule, rows in only.items()} == {"duplicates": []}


def test_a_row_of_a_table_may_be_constant() -> None:
    """Two zeros are measurements; a grey picture is not."""
    assert constant_rows(np.zeros((3, 2))).tolist() == [False] * 3
    assert constant_rows(np.zeros((3, 2, 2))).tolist() == [True] * 3


def test_keys_are_equal_where_rows_are() -> None:
    """Whatever the array's layout in memory."""
    rows = np.random.default_rng(0).normal(size=(6, 4, 4)).astype(np.float32)
    rows[5] = rows[2]
    keys = row_keys(np.asfortranarray(rows))
    assert (keys == row_keys(rows)).all()
    assert len(np.unique(keys)) == 5


def test_removals_are_counted_by_rule() -> None:
    """What could not be read counts as invalid; the test part's are apart."""
    removals = Removals(
        {"invalid": np.array([1]), "leaks": np.array([3, 4])}, {"invalid": np.array([0])}, 2
    )
    assert removals.counts() == {"invalid": 3, "leaks": 2, "invalid_test": 1}
    assert removals.kept(6, "train").tolist() == [0, 2, 5]
    assert removals.kept(3, "test").tolist() == [1, 2]
