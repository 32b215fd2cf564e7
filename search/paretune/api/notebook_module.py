"""A function from a notebook's cells as a module that a worker process can import.

Its source is read, and that of every function and class of the notebook that it uses, in turn; what
comes from modules is imported, what is plain data is written down. Anything else (an array, a
model, an open file) is a part of the notebook's state that no source can say: it is refused.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import inspect
import math
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import CodeType, FunctionType, ModuleType
from typing import Any

from paretune.errors import TrainableError

NAME = "notebook_cells"  # of the module
_READS = ("LOAD_GLOBAL", "LOAD_NAME")
_CURE = (
    "begin its cell with `%%writefile train.py`, run it, and give the function as "
    '"train:{name}" in the next cell'
)


@dataclass(frozen=True)
class NotebookModule:
    """The source of a module, and its name."""

    source: str
    name: str = NAME

    @classmethod
    def of(cls, names: Mapping[str, Any], name: str) -> NotebookModule:
        """What `name` among the notebook's names needs. Raises TrainableError with the cure."""
        writer = _Writer(names, name)
        writer.add(name)
        return cls("\n".join([*writer.imports, "", *writer.parts]) + "\n")

    def write(self, folder: Path) -> None:
        """Write it into the folder, unless it is there as it is."""
        path = folder / f"{self.name}.py"
        folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != self.source:
            path.write_text(self.source, encoding="utf-8")


class _Writer:
    def __init__(self, names: Mapping[str, Any], wanted: str) -> None:
        self.names = names
        self.wanted = wanted
        self.imports: list[str] = []
        self.parts: list[str] = []
        self._done: set[str] = set()

    def add(self, name: str) -> None:
        """Write what defines `name`, after all that it needs itself."""
        if name in self._done:
            return
        self._done.add(name)
        value = self.names[name]
        if isinstance(value, ModuleType):
            self.imports.append(f"import {value.__name__} as {name}")
        elif _is_plain(value):
            self.parts.append(f"{name} = {value!r}")
        elif isinstance(value, PurePath):
            self.imports.append("import pathlib")
            self.parts.append(f"{name} = pathlib.Path({str(value)!r})")
        elif isinstance(value, FunctionType | type) and value.__module__ == "__main__":
            self._add_source(name, value)
        elif _can_be_imported(value):
            origin = f"from {value.__module__} import {value.__qualname__}"
            self.imports.append(f"{origin} as {name}")
        else:
            raise self._refusal(
                f"it uses {name}, a {type(value).__name__} of the notebook: make that inside the "
                "function"
            )

    def _add_source(self, name: str, value: FunctionType | type) -> None:
        source = _source(name, value, self.names.get("In", ()))
        if source is None:
            what = "its source" if name == self.wanted else f"it uses {name}, whose source"
            raise self._refusal(f"{what} is not to be had")
        for needed in _names_read(source):
            if needed in self.names and not _is_builtin(needed, self.names[needed]):
                self.add(needed)
        self.parts.append(f"\n{source}")

    def _refusal(self, why: str) -> TrainableError:
        return TrainableError(
            f"is {self.wanted} of a notebook or a shell, and a worker process cannot import it: "
            f"{why}; or {_CURE.format(name=self.wanted)}",
            argument="trainable",
        )


def _source(name: str, value: FunctionType | type, cells: Iterable[str]) -> str | None:
    """Of what is called `name`; None where nobody keeps it. Python knows no class's by itself."""
    if isinstance(value, FunctionType):
        with contextlib.suppress(OSError, TypeError):
            source = textwrap.dedent(inspect.getsource(value))
            return source if value.__name__ == name else None
        return None
    for cell in reversed(list(cells)):
        with contextlib.suppress(SyntaxError):  # a cell with IPython's own commands
            for node in ast.parse(cell).body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                    return "\n".join(cell.splitlines()[first - 1 : node.end_lineno]) + "\n"
    return None


def _names_read(source: str) -> list[str]:
    """Every name that the code takes from its module, in order; local ones are none of them."""
    waiting, found = [compile(source, NAME, "exec")], []
    while waiting:
        code = waiting.pop()
        found += [i.argval for i in dis.get_instructions(code) if i.opname in _READS]
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return list(dict.fromkeys(found))


def _is_builtin(name: str, value: Any) -> bool:
    """A builtin, or what a shell has put in its place."""
    return hasattr(builtins, name) and getattr(value, "__module__", "") != "__main__"


def _is_plain(value: Any) -> bool:
    """Does `repr` say all of it?"""
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, bool | int | str | bytes):
        return True
    if isinstance(value, list | tuple | set | frozenset):
        return type(value) in (list, tuple, set, frozenset) and all(map(_is_plain, value))
    if type(value) is dict:
        return all(_is_plain(key) and _is_plain(inner) for key, inner in value.items())
    return False


def _can_be_imported(value: Any) -> bool:
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if not isinstance(module, str) or not name.isidentifier():
        return False
    return getattr(sys.modules.get(module), name, None) is value
