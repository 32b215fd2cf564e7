"""Finding and reading the user's TOML files. A path always wins over a bundled name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from paretune.catalog import bundled_folder
from paretune.errors import SpaceError, SpecError
from paretune.inputs.mistakes import did_you_mean

_ERRORS: dict[str, type[SpecError]] = {"spaces": SpaceError, "studies": SpecError}


def bundled_names(kind: str) -> list[str]:
    """The names that `kind` ("spaces" or "studies") ships, sorted."""
    return sorted(path.stem for path in bundled_folder(kind).glob("*.toml"))


def find(kind: str, name: str, base: Path | None = None) -> Path:
    """The file called `name`: a path (relative to `base`, else to the current folder) or bundled.

    Raises SpaceError or SpecError, by kind, where neither is there.
    """
    path = (base or Path()) / Path(name).expanduser()
    if path.is_file():
        return path
    bundled = bundled_folder(kind) / f"{name}.toml"
    if bundled.is_file() and bundled.parent == bundled_folder(kind):
        return bundled
    names = bundled_names(kind)
    raise _ERRORS[kind](
        name,
        [
            f"no file at {shown(path)} and no bundled name; bundled {kind}: "
            f"{', '.join(names) or 'none'}{did_you_mean(name, names)}"
        ],
    )


def read_toml(path: Path, kind: str) -> dict[str, Any]:
    """The table in `path`. Raises SpaceError or SpecError, by kind, where it is not TOML."""
    error = _ERRORS[kind]
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise error(shown(path), [f"not valid TOML: {problem}"]) from None
    except UnicodeDecodeError as problem:
        raise error(shown(path), [f"not UTF-8 text ({problem.reason}): save it as UTF-8"]) from None
    except ValueError:  # Python's limit: a number of thousands of digits
        raise error(
            shown(path), ["not valid TOML: it holds a number of thousands of digits"]
        ) from None
    except RecursionError:
        raise error(shown(path), ["its tables lie too deep within each other"]) from None
    except OSError as problem:
        raise error(shown(path), [f"cannot be read: {problem.strerror}"]) from None


def shown(path: Path) -> str:
    """The path as a user would write it: relative where it lies below the current folder."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path.resolve())
