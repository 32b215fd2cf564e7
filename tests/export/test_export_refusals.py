"""What cannot be exported; nothing is trained here."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import fabricated
import optuna
import pytest
from exported_configuration import CONFIGURATION
from paretune.errors import ExportError
from paretune.export.export_trial import completed_trial, export_trial
from paretune.export.exported_config import CONFIG, ExportedConfiguration
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.job import Assignment


@pytest.fixture
def loaded(made_study: optuna.Study, storage_url: str) -> LoadedStudy:
    """The fabricated study, as commands load it."""
    return load_study(made_study.study_name, storage_url)


def export(loaded: LoadedStudy, number: int, out: Path, *, with_test_data: bool) -> None:
    export_trial(loaded, completed_trial(loaded, number), out, with_test_data=with_test_data)


def refused(loaded: LoadedStudy, number: int, out: Path, *, with_test_data: bool = False) -> str:
    with pytest.raises(ExportError) as problem:
        export(loaded, number, out, with_test_data=with_test_data)
    return str(problem.value)


def test_file_that_the_interpreter_refuses_is_not_exported(
    loaded: LoadedStudy, tmp_path: Path
) -> None:
    """A damaged model is told, with the file's path, and no model card is written."""
    said = refused(loaded, 1, tmp_path / "out")
    assert "model.tflite" in said
    assert "cannot be computed" in said
    assert not (tmp_path / "out" / "MODEL_CARD.md").exists()


def test_folder_with_other_files_is_left_alone(loaded: LoadedStudy, tmp_path: Path) -> None:
    """Nobody's files are overwritten by a mistyped --out."""
    out = tmp_path / "documents"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert "files that are not of an export" in refused(loaded, 1, out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_export_of_another_trial_is_left_alone(loaded: LoadedStudy, tmp_path: Path) -> None:
    """The same trial may be written again; another one needs a folder of its own."""
    out = tmp_path / "out"
    mine = CONFIGURATION.model_copy(update={"study": "digits", "trial": 4})
    out.mkdir()
    mine.write(out / CONFIG)
    said = refused(loaded, 1, out)
    assert "it holds trial 4 of study 'digits'" in said
    assert ExportedConfiguration.load(out / CONFIG) == mine


def test_failed_export_leaves_nothing(loaded: LoadedStudy, tmp_path: Path) -> None:
    """What comes to nothing does not stand in the way of the next try."""
    before = set(tmp_path.iterdir())
    out = tmp_path / "new" / "out"
    refused(loaded, 1, out)  # the fabricated model is none
    assert not out.exists()
    assert set(tmp_path.iterdir()) <= {*before, tmp_path / "new"}


def test_out_that_is_a_file(loaded: LoadedStudy, tmp_path: Path) -> None:
    """A file in the place of the folder is named."""
    (tmp_path / "out").write_text("", encoding="utf-8")
    assert f"folder {tmp_path / 'out'}" in refused(loaded, 1, tmp_path / "out")


def test_trial_whose_files_are_gone(loaded: LoadedStudy, tmp_path: Path) -> None:
    """Its folder is named: perhaps it is on another machine."""
    directory = loaded.records[1].directory
    assert directory is not None
    shutil.rmtree(directory)
    said = refused(loaded, 1, tmp_path / "out")
    assert str(directory) in said
    assert "not on this machine" in said


def test_damaged_assignment(loaded: LoadedStudy, tmp_path: Path) -> None:
    """A trial whose parameters cannot be read is no basis for an export."""
    directory = loaded.records[1].directory
    assert directory is not None
    (directory / "assignment.json").write_text("{", encoding="utf-8")
    assert "assignment.json cannot be read" in refused(loaded, 1, tmp_path / "out")


def test_another_studys_files_are_not_exported(loaded: LoadedStudy, tmp_path: Path) -> None:
    """Whatever lies in a trial's folder, only what was made for this very trial is written."""
    directory = loaded.records[1].directory
    assert directory is not None
    for changes in ({"study": "another"}, {"number": 0}):
        replace(Assignment.read(directory), **{"study": loaded.id, **changes}).write()
        assert "files of another study's trial" in refused(loaded, 1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_test_data_of_a_users_trainable_is_not_known(storage_url: str, tmp_path: Path) -> None:
    """Only the bundled trainables' data can be split and written."""
    fabricated.fabricate(
        storage_url, tmp_path, trainable="mine:train", data={}, name="own", constraints={}
    )
    said = refused(load_study("own", storage_url), 0, tmp_path / "out", with_test_data=True)
    assert "with_test_data" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(99, "it has trials 0 to 6"), (5, "is diverged (loss is nan at epoch 1)")],
)
def test_trial_that_has_no_model(
    loaded: LoadedStudy, tmp_path: Path, number: int, expected: str
) -> None:
    """An unknown number, and a trial that failed, with its reason."""
    assert expected in refused(loaded, number, tmp_path / "out")
