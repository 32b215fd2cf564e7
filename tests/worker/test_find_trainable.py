"""A trainable by its name: what is found, and what is said where it is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from paretune.errors import TrainableError
from paretune.worker.find_trainable import load_trainable

STAGED = """
from paretune.trainables import Stage, Trainable

def train(params, context):
    return {"accuracy": 1.0}

staged = Trainable("mine", (Stage("train", train), Stage("shrink", train)))
number = 3
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """load(text, attribute): from a module of a name of its own, in a folder of the user's."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    modules: list[str] = []

    def load(text: str, attribute: str):
        module = f"module_of_mine_{len(modules)}_{tmp_path.name.replace('-', '_')}"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(text)
        return load_trainable(f"{module}:{attribute}", str(tmp_path))

    return load


def test_a_plain_function_is_a_chain_of_one(load) -> None:
    """What it leaves behind is not known, so that it is run every time; its code has a version."""
    trainable = load(STAGED, "train")
    assert [(stage.name, stage.stored) for stage in trainable.stages] == [("train", False)]
    assert trainable.version


def test_a_chain_is_taken_as_it_is_and_given_its_codes_version(load) -> None:
    """Its own version is kept where it states one."""
    assert [stage.name for stage in load(STAGED, "staged").stages] == ["train", "shrink"]
    assert load(STAGED, "staged").version
    stated = STAGED.replace("train)))", 'train)), version="7")')
    assert load(stated, "staged").version == "7"


@pytest.mark.parametrize(
    ("text", "attribute", "message"),
    [
        (STAGED, "nothing", "has no 'nothing'"),
        (STAGED, "number", "it is a int; give a function"),
        ("import no_such_package_of_mine", "train", "it needs 'no_such_package_of_mine'"),
        ("1 / 0", "train", "ZeroDivisionError: division by zero"),
        ("raise SystemExit('bye')", "train", "SystemExit: bye"),
        ("def train(:", "train", "SyntaxError"),
    ],
)
def test_a_module_that_gives_no_trainable(load, text: str, attribute: str, message: str) -> None:
    """One error with the name and the reason, whatever the user's module does."""
    with pytest.raises(TrainableError, match=r"^trainable = 'module_of_mine") as caught:
        load(text, attribute)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["nobody", ":train", "module:", ""])
def test_a_name_of_no_known_form(name: str) -> None:
    """The bundled ones are named, and the form of a user's own."""
    with pytest.raises(TrainableError, match=r"neither bundled \(.*cnn.*\) nor of the form"):
        load_trainable(name, None)


def test_a_module_that_is_not_there() -> None:
    """It says where modules are looked for."""
    with pytest.raises(TrainableError, match="neither beside the study file"):
        load_trainable("no_such_module_of_mine:train", None)
