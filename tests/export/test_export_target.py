"""The folder of an export, when something is there already."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported_configuration import CONFIGURATION
from paretune.errors import ExportError
from paretune.export.export_target import check_target, replacing
from paretune.export.exported_config import CONFIG

THERE = CONFIGURATION.model_copy(update={"files": ("model.onnx", "code"), "trial": 4})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export of trial 4, and a file of the user's beside it."""
    folder = tmp_path / "out"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "mine.py").write_text("", encoding="utf-8")
    for name in ("model.onnx", "notes.txt"):
        (folder / name).write_text(name, encoding="utf-8")
    THERE.write(folder / CONFIG)
    return folder


def test_another_trial_is_replaced_only_by_force(folder: Path) -> None:
    """The message names what is there, and how to replace it."""
    check_target(folder, THERE.study, 4, force=False)
    with pytest.raises(ExportError, match=r"holds trial 4 of study 'digits'.*--force"):
        check_target(folder, THERE.study, 5, force=False)
    check_target(folder, THERE.study, 5, force=True)


def test_force_does_not_make_an_export_of_any_folder(tmp_path: Path) -> None:
    """Files that are not of an export are never in danger."""
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ExportError, match="files that are not of an export"):
        check_target(tmp_path, "digits", 5, force=True)


def test_what_the_earlier_export_left_goes_with_it(folder: Path) -> None:
    """No file of one trial is taken for another's; the user's own stays."""
    with replacing(folder) as unfinished:
        (unfinished / "model.tflite").write_text("new", encoding="utf-8")
        THERE.model_copy(update={"trial": 5, "files": ("model.tflite",)}).write(unfinished / CONFIG)
    assert sorted(path.name for path in folder.iterdir()) == [
        CONFIG,
        "model.tflite",
        "notes.txt",
    ]


def test_a_failure_leaves_what_was_there(folder: Path) -> None:
    """Nothing is removed before everything is written."""
    before = sorted(path.name for path in folder.rglob("*"))

    def fail() -> None:
        with replacing(folder) as unfinished:
            (unfinished / "model.tflite").write_text("new", encoding="utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
