"""`"module:factory"` in a study file: a sampler or stopper of the user's own, imported and made."""

from __future__ import annotations

import importlib.machinery
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

from paretune.errors import SearchError
from paretune.reimport import import_up_to_run

TARGET = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"
_TARGET = re.compile(TARGET + r"\Z")


def is_target(name: str) -> bool:
    """Does it look like "module:factory"?"""
    return _TARGET.match(name) is not None


def load_factory(key: str, target: str, folder: str | None = None) -> Callable[..., Any]:
    """What `target` ("module:factory") names; a module in `folder` is found first.

    The factory takes those of the keyword arguments it is called with that its signature names.
    Raises SearchError, which begins with `key`, where it cannot be had, and when it is called and
    fails.
    """
    place = f'{key} = "{target}"'
    module_name, _, attribute = target.partition(":")
    if folder:
        _put_first(folder, module_name.partition(".")[0])
    try:
        module = import_up_to_run(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            raise SearchError(
                f"{place}: there is no module {error.name!r}, neither beside the study file nor "
                "installed"
            ) from error
        raise SearchError(
            f"{place}: importing it failed: it needs {error.name!r}, which is not installed"
        ) from error
    except Exception as error:  # whatever a user's module does when it is imported
        raise SearchError(
            f"{place}: importing it failed: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        said = f"has no {attribute!r}" if found is None else f"has {attribute} = {found!r}"
        raise SearchError(f"{place}: {module_name} {said}: name a function or a class to call")

    def call(**known: Any) -> Any:
        try:
            return found(**_accepted(found, known))
        except SearchError:
            raise
        except Exception as error:
            raise SearchError(
                f"{place}: calling it failed: {type(error).__name__}: {error}"
            ) from error

    return call


def _put_first(folder: str, package: str) -> None:
    """Have `package` imported from `folder` if it is there: another study's may be loaded."""
    sys.path[:] = [folder, *(path for path in sys.path if path != folder)]
    here = importlib.machinery.PathFinder.find_spec(package, [folder])
    loaded = sys.modules.get(package)
    if here is None or loaded is None or getattr(loaded, "__file__", None) == here.origin:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def _accepted(function: Callable[..., Any], known: dict[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin without a signature
        return {}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return known
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in known.items() if name in named}
