"""`paretune data`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import as_object, complaint, said
from paretune.cli import main
from planted_damage import plant


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A table of 80 rows, one of which another repeats, one without a label."""
    pytest.importorskip("pandas")
    rows = np.random.default_rng(0).normal(size=(80, 3))
    rows[9] = rows[3]
    lines = [f"{','.join(map(str, row))},{'uv'[i % 2]}" for i, row in enumerate(rows)]
    lines[20] = lines[20][:-1]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a,b,c,kind", *lines]) + "\n")
    return path


def test_preparing_says_what_was_dropped(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The counts of each part and of each rule, and where the rows are named."""
    out = tmp_path / "out"
    text = said(capsys, "data", "prepare", str(source), str(out), "--label", "kind")
    assert "rows of 3 float32, 2 classes" in text
    assert "invalid: 1 dropped" in text
    assert "duplicates: 1 dropped" in text
    assert str(out / "removed.csv") in text
    assert "fingerprint" in text


def test_rules_are_chosen_by_their_names(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the rule for it, a bad row is named instead of dropped."""
    common = ("data", "prepare", str(source), str(tmp_path / "out"), "--label", "kind", "--clean")
    assert "label -1 (missing) (row 20)" in complaint(capsys, *common, "none")
    assert "'dust'" in complaint(capsys, *common, "dust")
    text = said(capsys, *common, "invalid", "--columns", "a,c")
    assert "rows of 2 float32" in text
    assert "duplicates" not in text


def test_a_credential_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a URL that cannot be reached, too."""
    monkeypatch.setenv("PARETUNE_DATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    url = "http://me:s3cret@127.0.0.1:9/x.npz?token=s3cret"
    line = complaint(capsys, "data", "prepare", url, str(tmp_path / "out"))
    assert "http://127.0.0.1:9/x.npz" in line
    assert "s3cret" not in line


def test_sound_data_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """The digits, as a table and as JSON: every test is listed, none has found anything."""
    assert "nothing was found by" in said(capsys, "data", "check", "digits")
    found = as_object(capsys, "data", "check", "digits")
    assert found["sound"] is True
    assert found["rows"] == {"train": 1415, "test": 382}
    kinds = {finding["kind"] for finding in found["findings"]}
    assert len(kinds) >= 14
    assert not any(finding["count"] for finding in found["findings"])


def test_damage_is_an_exit_code_a_table_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What misleads a study is an error; the page has the examples."""
    planted = plant(tmp_path / "x.npz", 1500)
    page = tmp_path / "page.html"
    assert main(["data", "check", str(planted.path), "--out", str(page)]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("likely wrong labels", "labels in the pixels", "labels out of range", "error"):
        assert words in out
    assert "<img" in page.read_text()
    no_folder = str(tmp_path / "no" / "page.html")
    line = complaint(capsys, "data", "check", str(planted.path), "--out", no_folder)
    assert "cannot be written" in line


def test_what_cannot_be_read_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line."""
    (tmp_path / "x.npz").write_bytes(b"PK no")
    assert "not a readable" in complaint(capsys, "data", "check", str(tmp_path / "x.npz"))
