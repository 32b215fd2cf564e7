"""The folder that an export is written to: nothing of anybody's is overwritten unasked."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from paretune.errors import ExportError
from paretune.export.exported_config import CONFIG, ExportedConfiguration


def check_target(folder: Path, study: str, trial: int, *, force: bool) -> None:
    """A folder that is new, empty, or an earlier export of the same trial, which is replaced.

    With `force` an export of any trial. Raises ExportError for every other.
    """
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return
    except OSError as error:
        raise ExportError(
            f"{folder}: {error.strerror}; name another folder", argument="folder"
        ) from error
    if not (folder / CONFIG).is_file():
        raise ExportError(
            f"{folder}: it holds files that are not of an export; name a new folder",
            argument="folder",
        )
    there = ExportedConfiguration.load(folder / CONFIG)
    if not force and (there.study, there.trial) != (study, trial):
        raise ExportError(
            f"{folder}: it holds trial {there.trial} of study {there.study!r}; name another "
            "folder, or replace it (--force; force=True)",
            argument="folder",
        )


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A folder whose files become those of `folder` when the block succeeds; else they are gone.

    What an earlier export has left there goes; other files stay.
    """
    there = next(parent for parent in folder.absolute().parents if parent.is_dir())
    unfinished = there / f".{folder.name or 'export'}.{os.getpid()}"
    unfinished.mkdir()
    try:
        yield unfinished
        if (folder / CONFIG).is_file():
            for name in ExportedConfiguration.load(folder / CONFIG).files:
                _remove(folder / name)
        for path in sorted(unfinished.iterdir()):
            _remove(folder / path.name)
            folder.mkdir(parents=True, exist_ok=True)
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
