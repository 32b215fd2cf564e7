"""What the documentation shows is run, page by page, as a reader would do it."""

from __future__ import annotations

from pathlib import Path

import pytest
from doc_examples import blocks_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = [page for page in PAGES if "_generated" not in page.parts and blocks_of(page)]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_a_page_can_be_followed(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are written and its commands run, in an empty folder, in their order."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # the user's own studies are out of reach
    for block in blocks_of(page):
        block.carry_out(tmp_path)
