"""A stage's key changes with the code it runs, wherever in the user's modules that is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from paretune.stages.stage_keys import Origin
from paretune.trainables import Stage, Trainable
from paretune.worker.code_version import local_sources, source_version
from paretune.worker.stage_plan import plan


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module that imports its helpers late, from a package beside it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "layers_of_mine").mkdir()
    (tmp_path / "layers_of_mine" / "__init__.py").write_text("")
    (tmp_path / "layers_of_mine" / "dense.py").write_text("UNITS = 64\n")
    (tmp_path / "network_of_mine.py").write_text(
        "import json\n\n\ndef build():\n    from layers_of_mine.dense import UNITS\n\n"
        "    return UNITS\n"
    )
    (tmp_path / "notes.py").write_text("1\n")
    local_sources.cache_clear()
    return tmp_path


def change(file: Path, text: str) -> None:
    file.write_text(text)
    about = file.stat()
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns + 1_000_000_000))


def test_it_is_found_without_being_imported(home: Path) -> None:
    """The module, and what it imports from its own folder inside a function; nothing else."""
    names = {file.relative_to(home).as_posix() for file in local_sources("network_of_mine")}
    assert names == {
        "network_of_mine.py",
        "layers_of_mine/__init__.py",
        "layers_of_mine/dense.py",
    }
    assert "network_of_mine" not in sys.modules


def test_the_version_is_that_of_the_code(home: Path) -> None:
    """A helper that changes changes it; a file that has nothing to do with it does not."""
    before = source_version("network_of_mine")
    change(home / "notes.py", "2\n")
    assert source_version("network_of_mine") == before
    change(home / "layers_of_mine" / "dense.py", "UNITS = 32\n")
    assert source_version("network_of_mine") != before


@pytest.mark.parametrize("text", ["def broken(:\n", "import folder_of_mine.helper\n"])
def test_code_that_cannot_be_followed(home: Path, text: str) -> None:
    """It does not compile, or its helper is in a folder without __init__.py: still a version,
    which changes with it."""
    (home / "folder_of_mine").mkdir()
    (home / "folder_of_mine" / "helper.py").write_text("1\n")
    (home / "odd_module.py").write_text(text)
    local_sources.cache_clear()
    before = source_version("odd_module")
    assert before
    change(home / "folder_of_mine" / "helper.py", "22\n")
    assert source_version("odd_module") != before


def test_a_module_that_is_not_there() -> None:
    """It has no version; importing it will say what is wrong."""
    assert source_version("no_such_module_of_mine") == ""
    assert source_version("") == ""


def test_what_is_installed_is_its_package() -> None:
    """No other package of the environment is looked at."""
    files = local_sources("pytest")
    assert files
    assert {file.parent.name for file in files} == {"pytest"}


def test_a_module_that_parameters_name_is_in_the_key(home: Path) -> None:
    """What has been stored for a network is not taken for another of the same name."""
    trainable = Trainable(
        "t",
        (Stage("train", lambda params, context: {}, ("network",)),),
        modules=lambda params: (str(params["network"]),),
    )

    def key() -> str:
        (stage,) = plan(trainable, Origin.nowhere(), {"network": "network_of_mine"})
        return stage.key

    before = key()
    assert key() == before
    change(home / "layers_of_mine" / "dense.py", "UNITS = 32\n")
    assert key() != before
