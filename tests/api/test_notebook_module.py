"""A function of a notebook's cells, as a module of its own."""

from __future__ import annotations

import functools
import linecache
import math
import pathlib
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.api.notebook_module import NotebookModule
from paretune.errors import TrainableError

CELLS = (
    "import math\nimport numpy as np\n"
    "from functools import partial as half\nfrom pathlib import Path",
    "WIDTH, DATA, table = 3, Path('data'), np.ones(2)\nSIZES = {'a': (1, 2.5), 'b': None}",
    "class Base:\n    depth = 2\n\n"
    "class Net(Base):\n    def size(self):\n        return WIDTH * self.depth",
    "def helper(x):\n    table = x\n    return math.sqrt(table) + SIZES['a'][0]",
    "@half(lambda f: f)\ndef train(params, context):\n"
    "    inner = lambda: helper(4.0)\n"
    "    return {'a': inner() + Net().size() + np.sum([1]), 'b': len(DATA.name), 'c': str(open)}",
    "def bad(params, context):\n    return {'a': table.sum()}",
    "def unknown(params, context):\n    return {'a': made(1)}",
    "made = eval('lambda x: x')",
)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What IPython's shell has after the cells: their source is in `linecache`, and in `In`."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(__import__("sys").modules, "__main__", module)
    names = vars(module)
    names["In"] = ["", *CELLS]
    names["open"] = functools.wraps(open)(lambda *a: None)  # a shell has one of its own
    names["open"].__module__ = "shell"
    for number, cell in enumerate(CELLS):
        file = f"<cell {number}>"
        linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
        exec(compile(cell, file, "exec"), names)
    return names


def test_all_that_it_needs_is_written(names: dict[str, Any], tmp_path: Path) -> None:
    """Helpers, classes and their bases, constants and imports; what it does not use is not."""
    module = NotebookModule.of(names, "train")
    module.write(tmp_path)
    made: dict[str, Any] = {}
    exec((tmp_path / "notebook_cells.py").read_text(), made)
    expected = names["train"]({}, None)
    assert {**made["train"]({}, None), "c": ""} == {**expected, "c": ""}
    assert made["train"]({}, None)["a"] == math.sqrt(4.0) + 1 + 6 + 1
    assert made["DATA"] == pathlib.Path("data")
    assert "table = np" not in module.source
    assert "bad" not in module.source
    before = (tmp_path / "notebook_cells.py").stat().st_mtime_ns
    module.write(tmp_path)
    assert (tmp_path / "notebook_cells.py").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad", "uses table, a ndarray of the notebook: make that inside"),
        ("unknown", "uses made, whose source"),
    ],
)
def test_state_that_no_source_can_say(names: dict[str, Any], name: str, expected: str) -> None:
    """It is named, with the two ways out."""
    with pytest.raises(TrainableError) as caught:
        NotebookModule.of(names, name)
    assert expected in str(caught.value)
    assert f'"train:{name}"' in str(caught.value)


def test_later_cells_win(names: dict[str, Any]) -> None:
    """A class that was defined again is taken as it is now."""
    names["In"].append("class Net(Base):\n    def size(self):\n        return 7")
    exec(names["In"][-1], names)
    assert "return 7" in NotebookModule.of(names, "train").source
    assert np.isfinite(names["train"]({}, None)["a"])
