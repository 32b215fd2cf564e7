"""What a configuration file keeps, and its mistakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from exported_configuration import CONFIGURATION
from paretune.errors import ExportError
from paretune.export.exported_config import CONFIG, ExportedConfiguration
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.job import Assignment


@pytest.fixture
def loaded(made_study: optuna.Study, storage_url: str) -> LoadedStudy:
    """The fabricated study, as commands load it."""
    return load_study(made_study.study_name, storage_url)


def test_configuration_is_read_as_it_was_written(tmp_path: Path) -> None:
    """TOML and back loses nothing, to the last bit of a float."""
    path = tmp_path / "config.toml"
    CONFIGURATION.write(path)
    assert ExportedConfiguration.load(path) == CONFIGURATION


def test_every_mistake_of_a_configuration_is_named(tmp_path: Path) -> None:
    """Missing, unknown and wrong keys have a line each, with the file and the key."""
    path = tmp_path / "config.toml"
    CONFIGURATION.write(path)
    text = path.read_text(encoding="utf-8").replace("seed = 7", 'seed = "seven"\nsede = 8')
    path.write_text(text.replace('trainable = "cnn"\n', ""), encoding="utf-8")
    with pytest.raises(ExportError) as problem:
        ExportedConfiguration.load(path)
    lines = str(problem.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    assert any("trainable is missing" in line for line in lines)
    assert any('seed is "seven"' in line for line in lines)
    assert any("sede is not known" in line for line in lines)


def test_search_path_is_kept_for_a_users_trainable_only(loaded: LoadedStudy) -> None:
    """A bundled trainable is found anywhere; a user's module is where the study file lay."""
    record = loaded.records[0]
    directory = record.directory
    bundled = Assignment.read(directory)
    for assignment, expected in (
        (bundled, None),
        (replace(bundled, trainable="mine:train"), bundled.search_path),
        (
            replace(bundled, trainable="keras", params={"keras_model": "mine:net"}),
            bundled.search_path,
        ),
    ):
        made = ExportedConfiguration.of_trial(
            loaded, record, assignment, model_sha256=None, test=None
        )
        assert made.search_path == expected
    assert bundled.search_path is not None


def test_code_of_an_export_that_has_moved_is_beside_it(tmp_path: Path) -> None:
    """Where the folder of the search is not there, the user's module is put beside config.toml."""
    there, config = tmp_path / "there", tmp_path / "export" / CONFIG
    moved = CONFIGURATION.model_copy(update={"search_path": str(there)})
    assert moved.code_folder(beside=config) == str(config.parent)
    there.mkdir()
    assert moved.code_folder(beside=config) == str(there)
