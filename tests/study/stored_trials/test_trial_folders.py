"""The folders of a study's files: tried before anything is trained, and found after a move."""

import subprocess

import pytest
from another_user import as_nobody, let_in
from paretune.errors import StorageError
from paretune.study.storage.load_study import load_study
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.stored_trials.trial_folders import StudyFolder, check_folder
from paretune.trial.job import Assignment


def test_it_is_made_and_nothing_is_left_in_it(tmp_path):
    """What tries the folder leaves no trace."""
    check_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_below_a_file(tmp_path):
    """A place where no folder can be is one line with its cure."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot be written to .*file/a: .*; make room or"):
        check_folder(tmp_path / "file" / "a")


def test_another_users_folder(tmp_path):
    """A folder that this account may not write is found out before a trial would be."""
    let_in(tmp_path)

    def attempt():
        with pytest.raises(StorageError, match="Permission denied"):
            check_folder(tmp_path)
        return "refused"

    assert as_nobody(attempt) == "refused"


def test_a_full_disk(tmp_path):
    """A disk without room for one trial's files is said to be full before any is trained."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting a small tmpfs is not allowed here: {made.stderr.strip()}")
    try:
        with pytest.raises(StorageError, match="No space left on device"):
            check_folder(tmp_path / "study")
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=False)


def test_beside_a_database_names_are_relative(tmp_path):
    """A study's folder and its trials' are named so that all may be moved together."""
    folder = StudyFolder.at(StorageAddress.of(f"sqlite:///{tmp_path}/x.db"), "mine")
    assert (folder.name, folder.name_of(folder.of_trial(7))) == ("mine", "trial-00007")
    assert folder.find("trial-00007") == tmp_path / "x.db.files" / "mine" / "trial-00007"
    assert folder.find(None) is None


def test_of_a_server_paths_are_whole(tmp_path, monkeypatch):
    """They are those of the driver's machine; elsewhere the reader's own folder is looked at."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "here"))
    address = StorageAddress.of("postgresql://host/db")
    driver = StudyFolder.at(address, "mine")
    stored = driver.name_of(driver.of_trial(3))
    assert (driver.name, stored) == (str(driver.path), str(driver.of_trial(3)))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "there"))
    reader = StudyFolder.at(address, "mine", driver.name)
    assert reader.path.is_relative_to(tmp_path / "there")
    assert reader.find(stored) == reader.path / "trial-00003"
    driver.of_trial(3).mkdir(parents=True)
    assert reader.find(stored) == driver.of_trial(3)


def test_a_moved_run_is_found(made_study, tmp_path):
    """After `mv A B` models, logs and the bills of running trials lie where they did."""
    made_study._storage._backend.engine.dispose()
    moved = tmp_path / "elsewhere" / "deep"
    moved.mkdir(parents=True)
    for path in tmp_path.glob("studies.db*"):
        path.rename(moved / path.name)
    loaded = load_study("digits", f"sqlite:///{moved}/studies.db")
    assert loaded.folder == moved / "studies.db.files" / "digits"
    for record in loaded.front:
        assert record.model == str(loaded.folder / f"trial-{record.number:05d}" / "model.tflite")
        assert record.log is not None
        assert Assignment.read(record.directory).directory == str(record.directory)
