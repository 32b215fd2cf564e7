"""What comes with an extra, and what is said where it is missing."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest
from paretune import extras
from paretune.errors import MissingExtraError
from paretune.extras import EXTRAS, install_command, require, require_extra

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_every_extra_is_one_of_the_package() -> None:
    """The cure that a message gives can be typed."""
    known = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    assert EXTRAS.keys() <= known.keys()


def test_what_is_there_is_not_imported_to_find_out() -> None:
    """A command that needs no framework waits for none."""
    before = set(sys.modules)
    require("matplotlib", "--plot")
    assert set(sys.modules) - before == set()


def test_what_is_missing_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place first, then the module, then the command."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        extras.require("pandas", "to_pandas()")
    assert str(caught.value) == (
        'to_pandas() needs pandas, which is not installed: pip install "paretune[pandas]"'
    )
    with pytest.raises(MissingExtraError, match=r"needs tensorflow.*paretune\[keras\]"):
        require_extra("keras", "trainable")


def test_a_module_of_the_users_own() -> None:
    """Its package may have another name: nothing is guessed."""
    assert install_command("module_of_mine") == "install it"
