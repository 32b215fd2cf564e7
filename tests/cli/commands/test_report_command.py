"""`report`: a page or a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint, said

pytestmark = pytest.mark.usefixtures("made_study")


def test_a_page_and_pictures(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    storage_url: str,
    tmp_path: Path,
) -> None:
    """The ending or the format says what is written; without a file it is called like the study."""
    monkeypatch.chdir(tmp_path)
    for options, name, start in (
        ([], "digits.html", b"<!DOCTYPE html>"),
        (["--out", "new/a.html"], "new/a.html", b"<!DOCTYPE html>"),
        (["--format", "svg"], "digits.svg", b"<?xml"),
        (["--out", "b.png"], "b.png", b"\x89PNG"),
    ):
        text = said(capsys, "report", "digits", "--storage", storage_url, *options)
        assert text == f"written to {name}\n"
        assert (tmp_path / name).read_bytes().startswith(start)
    page = (tmp_path / "digits.html").read_text()
    assert f'"command":["paretune","export","digits","--storage","{storage_url}"]' in page


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--out", "a.gif"), "--out a.gif: give it the ending .html or .png or .svg"),
        (("--out", "a.html", "--format", "png"), "--out a.html: give it the ending .png"),
        (("--out", "file/a.html"), "--out file/a.html: cannot be written"),
    ],
)
def test_what_cannot_be_written(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    storage_url: str,
    tmp_path: Path,
    options: tuple[str, ...],
    expected: str,
) -> None:
    """The option, the file and what would do."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert expected in complaint(capsys, "report", "digits", "--storage", storage_url, *options)
