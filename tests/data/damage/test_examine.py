"""All tests together: each kind of damage is found and named, and sound rows are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.data.damage.examine import examine
from paretune.data.damage.finding import Examined
from paretune.data.data_options import DataOptions
from planted_damage import Planted, plant, sound_pictures

EXACT = (
    "NaN and infinite values",
    "labels out of range",
    "missing labels",
    "constant pictures",
    "contradicting labels",
    "training rows in the test part",
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("planted") / "x.npz")


@pytest.fixture(scope="module")
def examined(planted: Planted) -> Examined:
    return examine(DataOptions(str(planted.path)))[0]


def rows_of(examined: Examined, kind: str) -> set[int]:
    (finding,) = (f for f in examined.findings if f.kind == kind and f.part == "train")
    return set(finding.rows.tolist())


@pytest.mark.parametrize("kind", EXACT)
def test_certain_damage_is_found_row_by_row(
    planted: Planted, examined: Examined, kind: str
) -> None:
    """Every planted row, and no other."""
    assert rows_of(examined, kind) == set(planted.rows[kind].tolist())


@pytest.mark.parametrize(
    ("kind", "most_missed"),
    [
        ("exact duplicates", 0),
        ("near duplicates", 0),
        ("inverted pictures", 0),
        ("likely wrong labels", 6),
    ],
)
def test_likely_damage_is_found_and_hardly_a_sound_row_with_it(
    planted: Planted, examined: Examined, kind: str, most_missed: int
) -> None:
    """Of a pair either may be the copy; beyond what was planted, at most 0.1 % of the rows."""
    found = rows_of(examined, kind)
    wanted = set(planted.rows[kind].tolist())
    if "duplicates" in kind:
        assert len(wanted) <= len(found) <= len(wanted) + 0.001 * examined.rows["train"]
        return
    assert len(wanted - found) <= most_missed
    everything = set(np.concatenate(list(planted.rows.values())).tolist())
    assert len(found - everything) <= 0.001 * examined.rows["train"]


def test_a_leaked_label_is_found_where_it_is_written(examined: Examined) -> None:
    """Though inverted pictures are bright there in every class."""
    (finding,) = (f for f in examined.findings if f.kind == "labels in the pixels")
    assert finding.details == ["value (0, 15, 0) is bright in class 2"]
    assert not examined.is_sound


def test_sound_data_are_left_alone(tmp_path: Path) -> None:
    """No finding of any kind but a row or two in a thousand that look like another class."""
    x, y = sound_pictures(2000, 3)
    x_test, y_test = sound_pictures(500, 4)
    np.savez(tmp_path / "x.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    examined, _, _ = examine(DataOptions(str(tmp_path / "x.npz")))
    assert examined.is_sound
    assert sum(finding.count for finding in examined.found) <= 2


def test_classes_and_parts_that_differ_are_named(tmp_path: Path) -> None:
    """A class of which there is little; a test part that is darker, and of other classes."""
    x, y = sound_pictures(2000, 3)
    kept = (y != 3) | (np.arange(2000) % 100 == 3)
    x_test, y_test = sound_pictures(500, 4)
    x_test = x_test // 2
    some = (y_test < 3) | (np.arange(500) % 3 == 0)
    np.savez(
        tmp_path / "x.npz",
        x_train=x[kept],
        y_train=y[kept],
        x_test=x_test[some],
        y_test=y_test[some],
    )
    examined, _, _ = examine(DataOptions(str(tmp_path / "x.npz")))
    details = {finding.kind: list(finding.details) for finding in examined.found}
    assert details["class imbalance"] == ["class 3: 20 of 400 rows"]
    assert any("mean" in text for text in details["shift to the test part"])


def test_a_table_is_looked_at_without_the_tests_of_pictures(tmp_path: Path) -> None:
    """A column that gives the class away is a good column; near rows are no copies."""
    generator = np.random.default_rng(0)
    y = np.arange(600) % 3
    x = generator.normal(size=(600, 4)).astype(np.float32) + 8 * np.eye(3, 4)[y]
    np.savez(tmp_path / "x.npz", x_train=x, y_train=y)
    examined, _, _ = examine(DataOptions(str(tmp_path / "x.npz")))
    assert examined.is_sound
    assert examined.found == []
