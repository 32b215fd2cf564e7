"""`train`: configurations that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.cli import main


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "No such file"),
        ("study = [", "not valid TOML"),
        ('study = "x"', "trainable is missing"),
    ],
)
def test_configurations_that_are_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, expected: str
) -> None:
    """`train` names the file and what is wrong with it."""
    path = tmp_path / "config.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert main(["train", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any(str(path) in line and expected in line for line in lines)
    assert all(line.startswith("paretune: ") for line in lines)
