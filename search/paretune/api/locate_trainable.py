"""Where a worker process finds the trainable that a program has at hand: a module, and its folder.

Nothing is pickled: a worker imports the module and takes the trainable by its name. What stands in
the script itself is imported under the script's name (paretune.reimport has how), what stands in a
notebook's cells is written to a module first (paretune.api.notebook_module).
"""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from paretune.api.notebook_module import NotebookModule
from paretune.catalog import TRAINABLES
from paretune.errors import TrainableError

_INSTALLED = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
_CURE = 'define it with `def` at the top level of a module, or give "module:function"'


@dataclass(frozen=True)
class Located:
    """A trainable as a study's record names it."""

    name: str  # a bundled name, or "module:attribute"
    folder: str  # in which the module is looked for first; "" where it is installed
    module: NotebookModule | None = None  # to be written before a worker can import it


def locate(trainable: Any) -> Located:
    """The place of a function, of a `Trainable`, or of what a "module:function" names.

    Raises TrainableError for what a worker could not import, with the cure.
    """
    if isinstance(trainable, str):
        module_name = trainable.partition(":")[0]
        folder = "" if trainable in TRAINABLES else _folder_of_name(module_name)
        return Located(trainable, folder)
    if isinstance(trainable, FunctionType):
        return _function(trainable)
    if hasattr(trainable, "stages"):  # a Trainable: its class is the worker's side
        return _object(trainable, [stage.run for stage in trainable.stages])
    raise TrainableError(
        f"is {_shown(trainable)}: give a function train(params, context), the name of one as "
        '"module:function", or a pt.Trainable',
        argument="trainable",
    )


def _function(function: FunctionType) -> Located:
    name = function.__qualname__
    if "<lambda>" in name:
        raise _unreachable(function, "a lambda, which has no name")
    if "." in name:
        raise _unreachable(function, "defined inside a function or a class")
    module = sys.modules.get(function.__module__)
    if module is None or getattr(module, name, None) is not function:
        raise _unreachable(function, f"not what {function.__module__} has under that name")
    return _in_module(module, name)


def _object(trainable: Any, functions: list[Callable[..., Any]]) -> Located:
    """A `Trainable` does not know where it stands: it is where one of its functions is."""
    likely = [getattr(function, "__module__", "") for function in functions]
    for module_name in dict.fromkeys([*likely, "__main__", *sys.modules]):
        module = sys.modules.get(module_name)
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is trainable and module is not None:
                return _in_module(module, name)
    raise _unreachable(trainable, "not a name at the top level of any module")


def _in_module(module: ModuleType, name: str) -> Located:
    if module.__name__ != "__main__":
        return Located(f"{module.__name__}:{name}", _folder_of(module))
    spec = getattr(module, "__spec__", None)
    if spec is not None:  # python -m package.script
        top = spec.name.removesuffix(".__main__")
        return Located(f"{spec.name}:{name}", _folder_of_name(top.partition(".")[0]))
    file = getattr(module, "__file__", None)
    if file is None or not Path(file).is_file():  # a notebook, a shell, standard input
        cells = NotebookModule.of(vars(module), name)
        return Located(f"{cells.name}:{name}", "", cells)
    path = Path(file).resolve()
    if not path.stem.isidentifier():
        raise TrainableError(
            f"is {name} of {path.name}, which cannot be imported by that name: call the script "
            f"{''.join(c if c.isalnum() else '_' for c in path.stem)}.py",
            argument="trainable",
        )
    return Located(f"{path.stem}:{name}", str(path.parent))


def _folder_of_name(module_name: str) -> str:
    """The folder that holds the module, which need not be imported yet; else the current one."""
    top = module_name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return str(Path.cwd())
    home = Path(spec.origin).resolve().parent
    return _unless_installed(home.parent if spec.submodule_search_locations else home)


def _folder_of(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    if file is None:
        return _folder_of_name(module.__name__)
    path = Path(file).resolve()
    depth = module.__name__.count(".") + (path.name == "__init__.py")
    return _unless_installed(path.parents[depth])


def _unless_installed(folder: Path) -> str:
    return "" if any(folder == place for place in _INSTALLED) else str(folder)


def _unreachable(trainable: Any, why: str) -> TrainableError:
    return TrainableError(
        f"is {_shown(trainable)}, {why}, so that a worker process cannot import it: {_CURE}",
        argument="trainable",
    )


def _shown(trainable: Any) -> str:
    return getattr(trainable, "__qualname__", None) or repr(trainable)
