"""The folders of a study's trials: made, tried, named in the storage, and found again.

Beside a database file a folder is named relative to it, so that both may be moved together. A
server has no place of its own: there the whole path is stored, as it is on the driver's machine.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from paretune.errors import StorageError
from paretune.study.storage.storage_address import StorageAddress

_PROBE_BYTES = 2**20  # a trial writes more: on a disk without so much none would get far


@dataclass(frozen=True)
class StudyFolder:
    """Where the files of a study are.

    Attributes:
        path: The folder itself, on this machine.
        name: As the storage has it.
    """

    path: Path
    name: str

    @classmethod
    def at(cls, address: StorageAddress, study: str, name: str | None = None) -> StudyFolder:
        """Of a study in a storage; `name` is what the storage has, for one that is there."""
        own = address.study_folder(study)
        if name is None:
            return cls(own, str(own) if address.database is None else study)
        path = address.files_root / name
        # Another machine's, or another account's: perhaps it has been copied here.
        return cls(path if path.is_dir() else own, name)

    @property
    def is_portable(self) -> bool:
        """Is it named relative to the storage?"""
        return not Path(self.name).is_absolute()

    def of_trial(self, number: int) -> Path:
        """The folder of a trial that begins here."""
        return self.path / f"trial-{number:05d}"

    def name_of(self, directory: Path) -> str:
        """How the storage names a trial's folder."""
        return directory.name if self.is_portable else str(directory)

    def find(self, name: str | None) -> Path | None:
        """The folder of a trial by what the storage has; None where it never had one.

        It may not be there: of another machine, or removed.
        """
        if name is None:
            return None
        path = self.path / name
        if "/" not in name:
            return path
        return path if path.is_dir() else self.path / path.name


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
