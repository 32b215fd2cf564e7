"""`"module:factory"`: what is called with what, and what is said where it cannot be."""

from __future__ import annotations

import pytest
from paretune.errors import SearchError
from paretune.inputs.factories import is_target, load_factory

MODULE = """
import sys
VALUE = 3
def plain(): return "plain"
def seeded(seed): return ("seeded", seed)
def anything(**known): return known
class Made:
    def __init__(self, *, seed=None, other=1): self.seed = seed
def broken(seed): raise ValueError("no such thing")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "own_factories.py").write_text(MODULE)
    (tmp_path / "own_broken.py").write_text("import not_there_at_all")
    (tmp_path / "own_raising.py").write_text("1 / 0")
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    return str(tmp_path)


def test_a_factory_takes_what_its_signature_names(folder):
    """A function without arguments, with a seed, with anything; a class with keywords."""
    made = {
        name: load_factory("sampler.name", f"own_factories:{name}", folder)(seed=7)
        for name in ("plain", "seeded", "anything", "Made")
    }
    assert made["plain"] == "plain"
    assert made["seeded"] == ("seeded", 7)
    assert made["anything"] == {"seed": 7}
    assert made["Made"].seed == 7


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nowhere_to_be_found:make", "there is no module 'nowhere_to_be_found'"),
        ("own_factories:absent", "has no 'absent'"),
        ("own_factories:VALUE", "has VALUE = 3"),
        ("own_broken:make", "it needs 'not_there_at_all'"),
        ("own_raising:make", "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_had_is_said_with_its_key(folder, target, said):
    """The key, the value and the cause, in one line."""
    with pytest.raises(SearchError, match=r"stopper\.name") as caught:
        load_factory("stopper.name", target, folder)
    assert said in str(caught.value)
    assert f'"{target}"' in str(caught.value)


def test_a_factory_that_fails_is_the_users_mistake(folder):
    """What it raises is named; it is no traceback of ours."""
    with pytest.raises(SearchError, match="calling it failed: ValueError: no such thing"):
        load_factory("sampler.name", "own_factories:broken", folder)(seed=1)


def test_what_looks_like_a_target():
    """A module, possibly with dots, and one name."""
    assert is_target("package.module:Factory")
    assert not any(is_target(name) for name in ("tpe", "a:b:c", ":b", "a:", "a:b.c", "a b:c"))


def test_modules_of_one_name_in_two_folders_are_two(folder, tmp_path):
    """Another study's module of that name may have been loaded before."""
    for value in (1, 2):
        own = tmp_path / f"study-{value}"
        own.mkdir()
        (own / "same_name.py").write_text(f"def make(): return {value}")
    for value in (1, 2, 1):
        own = str(tmp_path / f"study-{value}")
        assert load_factory("sampler.name", "same_name:make", own)() == value
