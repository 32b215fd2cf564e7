"""Where a picture or a page is written: its ending says what it is, its folder is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paretune.errors import ExportError

PICTURES = (".png", ".svg")


def check_ending(path: Path, endings: tuple[str, ...] = PICTURES) -> None:
    """Raises ExportError for a file that is not called like one of these."""
    if path.suffix.lower() not in endings:
        raise ExportError(
            f"{path}: the ending says what to write: {', '.join(endings)}", argument="path"
        )


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Call `save(path)`, in a folder that is there. Raises ExportError where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path)
    except OSError as problem:
        raise ExportError(
            f"{path}: cannot be written: {problem.strerror}", argument="path"
        ) from None
