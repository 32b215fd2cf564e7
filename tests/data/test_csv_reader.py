"""Tables in text."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from paretune.data.csv_reader import read_csv
from paretune.data.data_options import DataOptions
from paretune.data.dataset import load
from paretune.data.raw_data import TEST, TRAIN
from paretune.errors import DataError

pytest.importorskip("pandas")
TABLE = "a,b,class,person\n" + "".join(
    f"{i},{i / 2},{'yes' if i % 2 else 'no'},p{i // 4}\n" for i in range(40)
)


def test_names_become_classes_and_other_columns_features(tmp_path: Path) -> None:
    """By the alphabet; also from a packed file."""
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    options = DataOptions("", group="person")
    raw = read_csv(tmp_path / "x.csv.gz", options)
    assert raw.class_names == ("no", "yes")
    assert raw.parts[TRAIN].labels.tolist() == [0, 1] * 20
    assert raw.parts[TRAIN].rows[3].tolist() == [3, 1.5]
    assert raw.parts[TRAIN].groups[:5].tolist() == [0, 0, 0, 0, 1]


def test_a_folder_may_hold_a_test_file(tmp_path: Path) -> None:
    """What is called test is the test part; its labels are numbered like those of the others."""
    (tmp_path / "train.csv").write_text("a,label\n1,x\n2,y\n3,z\n")
    (tmp_path / "test.csv").write_text("a,label\n1,z\n2,y\n")
    raw = read_csv(tmp_path, DataOptions(""))
    assert raw.parts[TEST].labels.tolist() == [2, 1]


def test_missing_values_are_rows_to_drop(tmp_path: Path) -> None:
    """An empty number, and an empty label."""
    (tmp_path / "x.csv").write_text(
        TABLE.replace("\n5,2.5,", "\n5,,").replace("6,3.0,no", "6,3.0,")
    )
    path = str(tmp_path / "x.csv")
    table = {"source": path, "columns": ["a", "b"]}
    with pytest.raises(DataError, match=r"NaN.*row 5.*label -1 \(missing\) \(row 6\)"):
        load(table)
    data = load(table | {"clean": ["invalid"]})
    assert data.cleaning == {"invalid": 2}
    assert data.input_shape == (2,)


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (TABLE, {}, "column 'person' holds text"),
        (TABLE, {"columns": ["a", "c"]}, "no column 'c'; it has a, b"),
        (TABLE.replace("class", "kind"), {}, "which column is the label"),
        ("a,a,label\n1,2,3\n", {}, "two columns have one name"),
        ("a,label\n1,2\n1,2,3,4\n", {}, "not a readable .csv"),
        ("a,label\n1,0.5\n2,1\n", {}, "labels are fractions such as 0.5"),
        (b"\xff\xfe\x00a", {}, "not a readable .csv"),
        (",".join(f"c{i}" for i in range(1_000_000)) + "\n", {}, "longer than .* columns or more"),
        (",".join(f"c{i}" for i in range(20_000)) + ",label\n", {}, "20,001 columns are more"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, content: str | bytes, options: dict[str, object], words: str
) -> None:
    """With the file, and with the column where it is one; a million columns are not read."""
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(DataError, match=words):
        read_csv(tmp_path / "x.csv", DataOptions("", **options))


def test_numbers_of_any_kind_are_labels(tmp_path: Path) -> None:
    """Whole numbers written as fractions, too."""
    (tmp_path / "x.csv").write_text("a,label\n1,0.0\n2,1.0\n3,2.0\n")
    assert np.array_equal(
        read_csv(tmp_path / "x.csv", DataOptions("")).parts[TRAIN].labels, [0, 1, 2]
    )
