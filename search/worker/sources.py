"""What a module of the user's consists of, found without importing anything.

What a stage has left is valid for one state of the code. A module may import its helpers late,
from packages beside it, or not be imported yet at all: so its source is read instead.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sysconfig
from functools import lru_cache
from modulefinder import ModuleFinder
from pathlib import Path

_INSTALLED = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
)


def source_version(module_name: str) -> str:
    """A hash of the module's source files and of those that it imports from beside it.

    "" where there is no such module.
    """
    digest = hashlib.sha256()
    found = local_sources(module_name)
    for file in found:
        digest.update(_digest(file, *_stamp(file)))
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
