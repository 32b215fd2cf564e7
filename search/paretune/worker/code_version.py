"""The state of the code that a stored product is valid for: hashes of sources.

A module of the user's may import its helpers late, from packages beside it, or not be imported yet
at all: so what it consists of is read off its source, and nothing is imported for that.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import sysconfig
from functools import lru_cache
from modulefinder import ModuleFinder
from pathlib import Path
from types import ModuleType

from paretune.worker.script_slice import needed_source

_BUNDLED = "paretune.trainables"  # where all trainables of ours lie
_NUMERICAL = ("numpy", "tensorflow", "tf_keras", "torch", "jax", "ai_edge_litert")
_INSTALLED = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
)


def code_version(module: ModuleType, name: str, *, bundled: bool) -> str:
    """A hash of the sources of the trainable, called `name` in its module, and of the versions of
    the numerical libraries in use.

    Of a bundled one: the modules of `paretune.trainables` that it has imported, and no more of
    the program. Of the user's: `source_version`.
    """
    digest = hashlib.sha256()
    sources = _imported_of_ours() if bundled else source_version(module.__name__, name)
    digest.update(sources.encode())
    for library in _NUMERICAL:
        if library in sys.modules:
            version = getattr(sys.modules[library], "__version__", "")
            digest.update(f"{library} {version}".encode())
    return digest.hexdigest()[:16]


def _imported_of_ours() -> str:
    digest = hashlib.sha256()
    package = f"{_BUNDLED}."
    for name in sorted(sys.modules):
        file = Path(getattr(sys.modules[name], "__file__", None) or "")
        if name.startswith(package) and file.is_file():
            digest.update(_digest(file, *_stamp(file)))
    return digest.hexdigest()


def source_version(module_name: str, name: str = "") -> str:
    """A hash of the module's source files and of those that it imports from beside it.

    Of a script that runs a study, only what `name` needs of it. "" where there is no such module.
    """
    digest = hashlib.sha256()
    found = local_sources(module_name)
    for file in found:
        needed = None
        if name and file.stem == module_name.rpartition(".")[2]:
            needed = needed_source(file.read_text(encoding="utf-8", errors="replace"), name)
        digest.update(_digest(file, *_stamp(file)) if needed is None else needed.encode())
    return digest.hexdigest()[:16] if found else ""


@lru_cache(maxsize=64)
def local_sources(module_name: str) -> tuple[Path, ...]:
    """The files of the module and of all that it imports from the folder in which it was found,
    wherever in the code it does so. Of an installed module: the files of its package.
    """
    top = module_name.partition(".")[0]
    spec = importlib.util.find_spec(top) if top else None
    if spec is None or spec.origin is None:
        return ()
    home = Path(spec.origin).resolve()
    package = home.parent if spec.submodule_search_locations else None
    root = home.parent if package is None else package.parent
    if any(root.is_relative_to(folder) for folder in _INSTALLED):
        return (home,) if package is None else tuple(sorted(package.rglob("*.py")))
    finder = ModuleFinder(path=[str(root)])
    try:
        finder.import_hook(module_name)
    except Exception:  # it does not compile, or imports folders without __init__.py
        return tuple(sorted({home, *root.glob("*.py"), *root.glob("*/*.py")}))
    files = [getattr(module, "__file__", None) for module in finder.modules.values()]
    return tuple(sorted({home, *(Path(file) for file in files if file)}))


def _stamp(file: Path) -> tuple[int, int]:
    about = file.stat()
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=1024)
def _digest(file: Path, changed: int, size: int) -> bytes:
    # The name, too: a file that is renamed is imported differently.
    return hashlib.sha256(file.name.encode() + b"\0" + file.read_bytes()).digest()
