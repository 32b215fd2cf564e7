"""The folders of a study's trials: made, tried, and found again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from paretune.errors import StorageError

_PROBE_BYTES = 2**20  # a trial writes more: on a disk without so much none would get far


def check_folder(folder: Path) -> None:
    """Make the folder of a study's files and write to it once, before anything is trained.

    Raises StorageError where it cannot be made, is another account's, or its disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE_BYTES))
    except OSError as error:
        raise StorageError(
            f"the study's files cannot be written to {folder}: {error.strerror or error}; "
            "make room or mend its permissions, or name another storage"
        ) from error
