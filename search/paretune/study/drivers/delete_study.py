"""Deletes a study: its trials from the storage, its folder from the disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import optuna

from paretune.errors import StorageError, StudyError
from paretune.optuna_internals import storage_of
from paretune.study.drivers.sessions import others_may_work
from paretune.study.storage.load_study import find_study
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import study_marks


@dataclass(frozen=True)
class Deletable:
    """A study that may be deleted.

    Attributes:
        stored: The study.
        trials: How many trials it has.
        folder: Its files, where there are any.
    """

    stored: StoredStudy
    trials: int
    folder: Path | None

    def delete(self) -> None:
        """Delete the study, then its files. Raises StorageError where files cannot be removed."""
        study = self.stored.study
        self.stored.retry(
            lambda: optuna.delete_study(study_name=study.study_name, storage=storage_of(study))
        )
        if self.folder is None:
            return
        try:
            shutil.rmtree(self.folder)
        except OSError as error:
            raise StorageError(
                f"study {study.study_name!r} is deleted, but not all of its files: "
                f"{error.filename or self.folder}: {error.strerror}"
            ) from error


def deletable(name: str, storage_url: str | None = None) -> Deletable:
    """The study, if nobody is at work on it.

    Raises StudyError where it is not there, was made by another program, or runs.
    """
    address = StorageAddress.of(storage_url)
    stored = StoredStudy(find_study(name, address))
    trials = stored.retry(lambda: len(stored.study.get_trials(deepcopy=False)))
    if trials and study_marks.SPEC not in stored.attributes():
        raise StudyError(f"study {name!r} was not run by paretune: delete it with its own program")
    if others_may_work(stored):
        raise StudyError(f"study {name!r} is being run by another process: end that first")
    folder = address.study_folder(name)
    return Deletable(stored, trials, folder if folder.is_dir() else None)
