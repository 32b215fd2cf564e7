"""Finds the runnable blocks of a page of documentation and carries them out in order.

A comment in front of a fenced block says what becomes of it:

    <!-- file: NAME -->     it is written to that file
    <!-- run -->            it is run: `python` as a program, `sh` as commands of Paretune
    <!-- run: MODULE -->    the same, where that module is installed
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from paretune.cli import main

_BLOCK = re.compile(
    r"<!-- (?P<verb>file|run)(?:: (?P<name>\S+))? -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block, and what is to be done with it."""

    verb: str  # "file" or "run"
    name: str | None  # of the file, or of the module it needs
    language: str
    text: str

    def carry_out(self, folder: Path) -> None:
        """In `folder`, which is the current one; raises AssertionError where it fails."""
        if self.verb == "file":
            assert self.name is not None
            (folder / self.name).write_text(self.text, encoding="utf-8")
            return
        if self.name is not None and importlib.util.find_spec(self.name) is None:
            return
        if self.language == "sh":
            for line in self.text.splitlines():
                _type(line)
            return
        script = folder / "example.py"
        script.write_text(self.text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script.name], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{self.text}\n{done.stdout}\n{done.stderr}"


def blocks_of(page: Path) -> list[Block]:
    """The page's marked blocks, in order."""
    return [Block(**match.groupdict()) for match in _BLOCK.finditer(page.read_text("utf-8"))]


def _type(line: str) -> None:
    """A command line of ours, in this process: it has imported the program already."""
    program, *arguments = shlex.split(line, comments=True)
    assert program == "paretune", line
    assert main(arguments) == 0, line
