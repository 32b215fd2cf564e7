"""`paretune delete`: asked for once, done wholly, refused where it would hurt."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import optuna
import pytest
from other_driver import driver_of
from paretune.cli import main
from paretune.study.drivers.sessions import DriverSession
from paretune.study.storage.stored_study import StoredStudy


def names(study: optuna.Study) -> list[str]:
    return optuna.get_all_study_names(study._storage)


def test_study_and_files_go(
    capsys: pytest.CaptureFixture[str],
    storage_url: str,
    made_study: optuna.Study,
    tmp_path: Path,
) -> None:
    """With --yes nobody is asked; the trials, the models and the logs are gone, nothing else."""
    folder = tmp_path / "studies.db.files"
    other = folder / "other"
    other.mkdir()
    assert (folder / "digits").is_dir()
    optuna.create_study(storage=made_study._storage, study_name="other")
    assert main(["delete", "digits", "--yes", "--storage", storage_url]) == 0
    assert "deleted study digits, 7 trials, and" in capsys.readouterr().out
    assert names(made_study) == ["other"]
    assert not (folder / "digits").exists()
    assert other.is_dir()


def test_nobody_is_there_to_be_asked(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """In a script the option is asked for, and nothing is deleted."""
    assert main(["delete", "digits", "--storage", storage_url]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert names(made_study) == ["digits"]


class Terminal:
    """Somebody who answers."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.answer


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("\n", 1), ("", 1)])
def test_question(
    monkeypatch: pytest.MonkeyPatch,
    storage_url: str,
    made_study: optuna.Study,
    answer: str,
    code: int,
) -> None:
    """Only a yes deletes; no answer is a no."""
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["delete", "digits", "--storage", storage_url]) == code
    assert names(made_study) == ([] if code == 0 else ["digits"])


def test_foreign_and_missing_studies(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """Another program's trials are not ours to delete."""
    foreign = optuna.create_study(storage=made_study._storage, study_name="foreign")
    foreign.ask()
    for name, reason in (("foreign", "was not run by paretune"), ("gone", "there are: digits")):
        assert main(["delete", name, "--yes", "--storage", storage_url]) == 2
        assert reason in capsys.readouterr().err
    assert names(made_study) == ["digits", "foreign"]


def test_study_that_runs(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """Trials are not pulled from under a driver that is at work."""
    parent = os.getppid()
    other = driver_of(parent)
    DriverSession(StoredStudy(made_study), other, devices=1).save()
    assert main(["delete", "digits", "--yes", "--storage", storage_url]) == 2
    assert "is being run by another process" in capsys.readouterr().err
    assert names(made_study) == ["digits"]
