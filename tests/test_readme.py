"""The README against the program: its commands exist, what it points to is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from paretune.cli.app import app
from typer.main import get_command

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_named_is_there_and_every_one_there_is_named():
    """A newcomer finds each command in the table, and nothing that is not there."""
    named = set(re.findall(r"`paretune (\w+)", README))
    there = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert named == there


def test_it_is_short():
    """A newcomer reads it to its end; everything else is in docs/."""
    assert len(README.splitlines()) <= 130


def test_files_named_are_there():
    """Pages and pictures that the README points to exist."""
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize(
    "study", re.findall(r"paretune run (examples/\S+\.toml)", README), ids=lambda s: Path(s).stem
)
def test_example_commands_work_as_printed(study, tmp_path):
    """The printed command runs, here for two trials and in a storage of its own."""
    url = f"sqlite:///{tmp_path}/studies.db"
    done = subprocess.run(
        [sys.executable, "-m", "paretune", "run", study, "--storage", url, "--trials", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2 completed" in done.stdout
