"""A script that runs a study is imported by the study's worker processes: up to where it runs it.

A function of the script itself is a trainable like any other. To have it, a worker imports the
script's file under its own name; `Study.run` called there leaves the import by `RunReached`, so
that all that stands above the call is defined and nothing below it happens. So a script needs no
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

_worker = False
_cut = set[str]()  # the modules that were imported only as far as where they run a study
_importing = False  # a module of the user's, which may be the script that runs the study


class RunReached(BaseException):
    """A worker process has come to where a study is run."""

    def __init__(self) -> None:
        super().__init__("a study cannot be run from inside a trial, or while it is imported")


def mark_worker() -> None:
    """Say that this process, and what it forks, runs trials: it must not run studies."""
    global _worker  # noqa: PLW0603  # what a process is, is known to the whole process
    _worker = True


def leave_import() -> None:
    """To be called first by whatever starts worker processes. Raises RunReached in one, and in a
    module that is imported for the sake of a study.
    """
    if _worker or _importing:
        raise RunReached


def was_cut(name: str) -> bool:
    """Was that module imported only as far as where it runs a study?"""
    return name in _cut


def import_up_to_run(name: str) -> ModuleType:
    """Import a module; a script only as far as where it runs a study.

    Raises what the module raises, and ModuleNotFoundError where it is not there.
    """
    global _importing  # noqa: PLW0603  # imports may nest, and the whole process waits for them
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return importlib.import_module(name)  # which says what is wrong
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    outer, _importing = _importing, True
    try:
        spec.loader.exec_module(module)
    except RunReached:
        _cut.add(name)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        _importing = outer
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules[package], last, module)
    return module
