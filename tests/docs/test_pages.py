"""The documentation against the program and the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doc_examples import blocks_of
from paretune.data.data_options import DataOptions
from paretune.space import space_file

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def keys_of(page: str, heading: str) -> set[str]:
    """The names in the first column of the table below `heading`."""
    text = (DOCS / page).read_text(encoding="utf-8").split(heading)[1]
    table = text[text.index("|---") :].split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_the_reference_has_every_key_of_a_space_file_and_no_other() -> None:
    """A key that is read is documented; one that is documented is read."""
    known = {key for keys in space_file._KEYS.values() for key in keys}
    assert keys_of("reference/space_file.md", "A parameter is a range") == known


def test_the_reference_has_every_key_of_data_and_no_other() -> None:
    """The same of `[data]`."""
    known = set(DataOptions.__dataclass_fields__)
    assert keys_of("reference/trainables.md", "## `[data]`") == known


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_programs_named_are_there(page: Path) -> None:
    """Benchmarks, examples and tests that a page names exist."""
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"\b((?:benchmarks|examples|tests)/[\w/]+\.\w+)", text):
        assert (ROOT / path).exists(), path


def test_ten_examples_are_run() -> None:
    """Programs and commands of the documentation that the tests carry out."""
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    run = [block for page in pages for block in blocks_of(page) if block.verb == "run"]
    commands = sum(len(b.text.splitlines()) if b.language == "sh" else 1 for b in run)
    assert commands >= 10


def test_every_benchmark_is_named() -> None:
    """One finds each program in the table of benchmarks/."""
    table = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    programs = {path.name for path in (ROOT / "benchmarks").glob("*.py")}
    helpers = {"bench_adapters.py", "burner.py", "hypervolume_share.py"}
    assert set(re.findall(r"`(\w+\.py)`", table)) == programs - helpers
