"""Where pictures and pages are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.errors import ExportError
from paretune.report.output_file import check_ending, write


def test_endings() -> None:
    """Known ones in any case; another one is told with those there are."""
    check_ending(Path("a.PNG"))
    check_ending(Path("a.html"), (".html",))
    with pytest.raises(ExportError, match=r"path a.gif: .* \.png, \.svg"):
        check_ending(Path("a.gif"))


def test_folders_are_made_and_troubles_told(tmp_path: Path) -> None:
    """A new folder is made; a file in its place is one line with the path."""
    write(tmp_path / "new" / "a.txt", lambda path: path.write_text("x"))
    assert (tmp_path / "new" / "a.txt").read_text() == "x"
    with pytest.raises(ExportError, match=r"a\.txt/b\.txt: cannot be written"):
        write(tmp_path / "new" / "a.txt" / "b.txt", lambda path: path.write_text("x"))
