"""The folder of a study's files is tried before anything is trained."""

import subprocess

import pytest
from another_user import as_nobody, let_in
from paretune.errors import StorageError
from paretune.study.storage.trial_folders import check_folder


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
