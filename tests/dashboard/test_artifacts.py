"""Trials' files as Optuna's artifacts."""

from __future__ import annotations

import io
from pathlib import Path

import optuna
import pytest
from optuna.artifacts import download_artifact, get_all_artifact_meta
from optuna.artifacts.exceptions import ArtifactNotFound
from paretune.dashboard.artifacts import StudyArtifacts


def test_completed_trials_have_their_model_as_artifact(made_study: optuna.Study) -> None:
    """The file can be downloaded by any Optuna tool; a failed trial has none."""
    counts = [
        len(get_all_artifact_meta(trial, storage=made_study._storage))
        for trial in made_study.get_trials()
    ]
    assert counts == [1, 1, 1, 1, 1, 0, 0]


def test_uploads_and_studies_are_one_store(tmp_path: Path) -> None:
    """An upload is found again; an id that leads out of the folder is not."""
    store = StudyArtifacts(lambda: [tmp_path / "study"], tmp_path / "uploads")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "a").write_bytes(b"model")
    (tmp_path / "secret").write_bytes(b"secret")
    store.write("b", io.BytesIO(b"upload"))
    assert store.open_reader("a").read() == b"model"
    assert store.open_reader("b").read() == b"upload"
    store.remove("b")
    for artifact in ("b", "../secret"):
        with pytest.raises(ArtifactNotFound):
            store.open_reader(artifact)


def test_downloads_through_optuna_work_on_the_store(
    made_study: optuna.Study, tmp_path: Path
) -> None:
    """The store keeps Optuna's own protocol."""
    trial = made_study.get_trials()[1]
    (meta,) = get_all_artifact_meta(trial, storage=made_study._storage)
    folder = tmp_path / "studies.db.files" / "digits" / "artifacts"
    store = StudyArtifacts(lambda: [folder], tmp_path / "uploads")
    target = tmp_path / "model"
    download_artifact(artifact_store=store, file_path=str(target), artifact_id=meta.artifact_id)
    assert target.read_bytes() == b"not a real model"
