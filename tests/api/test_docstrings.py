"""Every public name is documented, and the examples in the docstrings work as printed."""

from __future__ import annotations

import doctest
import importlib
import inspect
import shutil
import sys
from pathlib import Path

import paretune
import pytest

TESTS = Path(__file__).parents[1]
STUDY = """
name = "fit"
trainable = "fit:train"
objectives = {accuracy = "maximize", gpu_seconds = "minimize"}
budget = {trials = 3}
[space.lr]
type = "float"
low = 0.01
high = 1.0
[space.hidden]
choices = [4, 16]
"""
# Modules below the API whose functions have examples of their own.
MODULES = (
    "paretune.api.plain_values",
    "paretune.inputs.amounts",
    "paretune.worker.script_slice",
    "paretune.spec.study_spec",
    "paretune.text",
)
PUBLIC = [name for name in paretune.__all__ if not name.startswith("_")]


def examples(subject: object, name: str) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder(recurse=True).find(subject, name)
    return [test for test in found if test.examples]


def check(tests: list[doctest.DocTest]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in tests:
        said: list[str] = []
        runner.run(test, out=said.append)
        assert not said, "".join(said)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newcomer's folder: a module with a function, and a study file."""
    shutil.copy(TESTS / "fit.py", tmp_path)
    (tmp_path / "fit.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fit", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names(name: str, folder: Path) -> None:
    """Each has a docstring of what it takes and raises; its examples print what they say."""
    subject = getattr(paretune, name)
    assert inspect.getdoc(subject)
    check(examples(subject, name))


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str, folder: Path) -> None:
    """The examples of other modules."""
    module = importlib.import_module(name)
    tests = examples(module, name)
    assert tests
    check(tests)


@pytest.mark.parametrize("name", ["Study", "Result", "load", "Float", "Int", "Choice", "Budget"])
def test_what_a_newcomer_meets_first_has_an_example(name: str) -> None:
    """So that the docstring alone is enough to begin."""
    assert examples(getattr(paretune, name), name)


def test_every_public_name_is_there() -> None:
    """Importing the package imports none of them; `dir` lists them all; others are no attribute."""
    assert set(PUBLIC) <= set(dir(paretune))
    with pytest.raises(AttributeError, match="no attribute 'Stduy'"):
        _ = paretune.Stduy
