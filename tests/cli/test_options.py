"""Options and exit codes that several commands share mean the same in each of them."""

from __future__ import annotations

from typing import Any

import pytest
from paretune.cli import main
from paretune.cli.app import app
from paretune.cli.options import INTERRUPTED_EXIT, NO_ANSWER_EXIT, USAGE_EXIT, Format
from typer.main import get_command

COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]


def having(option: str) -> dict[str, Any]:
    """The commands that have an option, and what each has under that name."""
    return {
        name: parameter
        for name, command in COMMANDS.items()
        for parameter in command.params
        if option in parameter.opts
    }


def test_the_storage_is_explained_alike_everywhere() -> None:
    """Every command that reads or writes studies takes it, with one text and one default."""
    found = having("--storage")
    assert {"run", "front", "trials", "export", "cost", "list", "delete"} <= found.keys()
    assert len({parameter.help for parameter in found.values()}) == 1
    assert {parameter.default for parameter in found.values()} == {None}


def test_tables_are_for_people_unless_asked_otherwise() -> None:
    """A table is the default of every command that can print another form."""
    found = having("--format")
    assert found.pop("report").default is found.pop("export").default is None  # they write files
    assert {"front", "trials", "cost", "store"} <= found.keys()
    assert {str(parameter.default) for parameter in found.values()} == {Format.TABLE}


def test_a_script_can_tell_a_mistake_from_a_search_without_an_answer() -> None:
    """Three kinds of end have three codes, none of which is success."""
    assert len({0, NO_ANSWER_EXIT, USAGE_EXIT, INTERRUPTED_EXIT}) == 4


def test_a_form_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a mistake of use, and the message names those there are."""
    assert main(["front", "digits", "--format", "xml"]) == USAGE_EXIT
    message = capsys.readouterr().err
    assert all(form in message for form in Format)
