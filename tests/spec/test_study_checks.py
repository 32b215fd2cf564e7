"""What a study file's shape cannot say: device counts, sizes of numbers, characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.errors import SpecError
from paretune.spec.study_spec import StudySpec

STUDY = """
name = "mine"
space = "space.toml"
trainable = "mine:train"
objectives = {{accuracy = "maximize"}}
budget = {{trials = {trials}}}
data = {data}
train = {train}
"""
SPACE = """
[x]
type = "int"
low = 1
high = 9
"""
LONG = "1" + "0" * 400


def mistakes(
    folder: Path,
    *,
    trials: str = "3",
    data: str = "{}",
    train: str = "{}",
    space: str = SPACE,
) -> list[str]:
    (folder / "space.toml").write_text(space, encoding="utf-8")
    (folder / "mine.toml").write_text(
        STUDY.format(trials=trials, data=data, train=train), encoding="utf-8"
    )
    try:
        StudySpec.load(str(folder / "mine.toml"))
    except SpecError as problem:
        return list(problem.problems)
    return []


@pytest.mark.parametrize(
    ("parameter", "accepted"),
    [
        ("choices = [1, 2, 4]", True),
        ("constant = 2", True),
        ('type = "int"\nlow = 1\nhigh = "devices"', True),
        ('choices = ["one", "two"]', False),
        ("choices = [false, true]", False),
        ("choices = [0, 1]", False),
        ("constant = 1.5", False),
        ('type = "int"\nlow = 0\nhigh = 2', False),
        ('type = "float"\nlow = 1.0\nhigh = 2.0', False),
    ],
)
def test_devices_are_counted_in_whole_numbers(
    tmp_path: Path, parameter: str, accepted: bool
) -> None:
    """A searched gpu_count of words, truths, nought or fractions is refused, with the value."""
    found = mistakes(tmp_path, space=f"{SPACE}\n[gpu_count]\n{parameter}\n")
    assert accepted == (not found)
    for line in found:
        assert "gpu_count" in line
        assert "whole number" in line or '"int"' in line


@pytest.mark.parametrize(
    "changes",
    [
        {"trials": LONG},
        {"train": f"{{epochs = {LONG}}}"},
        {"data": f"{{limits = [1, {LONG}]}}"},
        {"space": SPACE.replace("9", LONG)},
        {"space": f"[x]\nchoices = [1, {LONG}]"},
        {"space": f"[x]\nconstant = {LONG}"},
        {"space": SPACE + f"default = {LONG}"},
        {"trials": LONG * 20},
        {"data": "[" * 3000 + "]" * 3000},
    ],
)
def test_numbers_and_tables_without_end_are_mistakes(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    """Hundreds or thousands of digits, and nesting without end, are one line, not too long."""
    (line,) = mistakes(tmp_path, **changes)
    assert len(line) < 250


@pytest.mark.parametrize(
    "changes",
    [
        {"train": '{words = "a\\u001b[2J"}'},
        {"data": '{"a\\u0000b" = 1}'},
        {"data": '{words = ["fine", "bell\\u0007"]}'},
        {"space": '[x]\nchoices = ["a", "\\u001b[2J"]'},
    ],
)
def test_control_characters_are_mistakes(tmp_path: Path, changes: dict[str, str]) -> None:
    """What would steer a terminal or break a database is refused where it comes in."""
    (line,) = mistakes(tmp_path, **changes)
    assert "control characters" in line
