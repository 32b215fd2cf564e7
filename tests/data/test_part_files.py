"""The files of a source, by the part that they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.data.part_files import has_suffix, part_files
from paretune.errors import DataError


def test_files_called_test_are_the_test_part(tmp_path: Path) -> None:
    """By their own name or their folder's; "latest" and "contest" are no test."""
    for name in ("train-0.csv", "latest.csv", "test_0.csv", "test/a.csv", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = part_files(tmp_path, (".csv",))
    assert [file.name for file in found["train"]] == ["latest.csv", "train-0.csv"]
    assert sorted(file.name for file in found["test"]) == ["a.csv", "test_0.csv"]
    assert part_files(tmp_path / "latest.csv", (".csv",)) == {"train": [tmp_path / "latest.csv"]}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "secret.csv").write_text("")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match=r"x\.csv: a link that leads out"):
        part_files(tmp_path / "set", (".csv",))


def test_a_folder_without_a_file_of_that_kind(tmp_path: Path) -> None:
    """The suffixes are named."""
    with pytest.raises(DataError, match=r"no training file \(\.csv\)"):
        part_files(tmp_path, (".csv",))


@pytest.mark.parametrize(
    ("name", "answer"),
    [("x.CSV", True), ("x.csv-00003-of-00010", True), ("x.csv.bak", False)],
)
def test_shards_keep_their_suffix(name: str, answer: bool) -> None:
    """As many tools number them."""
    assert has_suffix(Path(name), (".csv",)) is answer
