"""The front as a file or as a figure."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.errors import ExportError
from paretune.report import plots
from views import Made, study, usual


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("f.png", b"\x89PNG"),
        ("f.svg", b"<?xml"),
        ("f.PNG", b"\x89PNG"),
    ],
)
def test_the_ending_decides(tmp_path: Path, name: str, start: bytes) -> None:
    """A picture is written where it was asked for, folders made on the way."""
    path = tmp_path / "new" / name
    plots.draw(usual(), path)
    assert path.read_bytes().lstrip().startswith(start)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("front.pdf", "the ending says what to write: .png, .svg"),
        ("front", "the ending says what to write"),
        ("file/front.png", "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_drawn_to_is_one_line(
    tmp_path: Path, name: str, message: str
) -> None:
    """An unknown ending and an impossible path are told with the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError) as caught:
        plots.draw(usual(), tmp_path / name)
    assert message in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_a_study_without_values_is_not_drawn(tmp_path: Path) -> None:
    """There is nothing to see before the first trial has completed."""
    with pytest.raises(ExportError, match="no trial has completed yet"):
        plots.draw(study([Made(0, None, status=None, feasible=False)]), tmp_path / "f.png")
    assert not (tmp_path / "f.png").exists()
