"""Deleting a study: who may, and what is said where it cannot be done wholly."""

from __future__ import annotations

import shutil
from pathlib import Path

import optuna
import pytest
from paretune.errors import StorageError, StudyError
from paretune.study.drivers.delete_study import deletable


def test_nothing_is_deleted_by_looking(
    made_study: optuna.Study, storage_url: str, tmp_path: Path
) -> None:
    """It says how much would go, first; then all of it goes."""
    found = deletable("digits", storage_url)
    folder = tmp_path / "studies.db.files" / "digits"
    assert (found.trials, found.folder) == (7, folder)
    assert folder.is_dir()
    found.delete()
    assert not folder.exists()
    with pytest.raises(StudyError):
        deletable("digits", storage_url)


def test_a_study_without_files(made_study: optuna.Study, storage_url: str, tmp_path: Path) -> None:
    """They were removed before, or lie on another machine."""
    shutil.rmtree(tmp_path / "studies.db.files" / "digits")
    found = deletable("digits", storage_url)
    assert found.folder is None
    found.delete()


def test_files_that_cannot_be_removed_are_told(
    made_study: optuna.Study, storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The study is gone; which file is left, and why, is said."""

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder / "trial-0"))

    found = deletable("digits", storage_url)
    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(StorageError, match=r"is deleted, but not all.*trial-0: Permission denied"):
        found.delete()
