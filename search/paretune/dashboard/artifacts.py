"""Trials' files for optuna-dashboard, as Optuna's artifacts.

Each trial's product lies in its study's folder; `StudyArtifacts` finds them there for every study
of a storage at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import optuna
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.artifacts.exceptions import ArtifactNotFound

ARTIFACTS = "artifacts"  # the folder's name, in a study's folder


def attach_model(trial: optuna.Trial, path: Path, store_folder: Path) -> str:
    """Make the file at `path` an artifact of `trial`; returns the artifact's id.

    To be done before the trial is told: Optuna takes none for a finished one.
    """
    store_folder.mkdir(parents=True, exist_ok=True)
    store = FileSystemArtifactStore(store_folder)
    return upload_artifact(artifact_store=store, file_path=str(path), study_or_trial=trial)


class StudyArtifacts:
    """Optuna's ArtifactStore over the folders of all studies; uploads go to a folder of their own.

    `folders` is asked at every look-up, since studies come and go while the dashboard runs.
    """

    def __init__(self, folders: Callable[[], Sequence[Path]], uploads: Path) -> None:
        self._folders = folders
        self._uploads = uploads

    def open_reader(self, artifact_id: str) -> BinaryIO:
        return self._find(artifact_id).open("rb")

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        self._uploads.mkdir(parents=True, exist_ok=True)
        with (self._uploads / Path(artifact_id).name).open("wb") as file:
            shutil.copyfileobj(content_body, file)

    def remove(self, artifact_id: str) -> None:
        self._find(artifact_id).unlink()

    def _find(self, artifact_id: str) -> Path:
        for folder in (self._uploads, *self._folders()):
            path = folder / Path(artifact_id).name  # an id is no way out of the folder
            if path.is_file():
                return path
        raise ArtifactNotFound(f"artifact {artifact_id} is not on this machine")
