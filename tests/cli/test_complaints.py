"""Bad input: one clear line, exit code 2, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import fabricated
import numpy as np
import optuna
import pytest
from command_line import complaint
from paretune.cli import main

STUDY = """
name = "mine"
space = "space.toml"
trainable = "cnn"
data = {source = "digits"}
objectives = {accuracy = "maximize", gpu_seconds = "minimize"}
budget = {trials = 1}
"""
SPACE = """
[batch_size]
type = "int"
low = 16
high = 32
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, optuna.Study]:
    """The fabricated study, made once: no mistake may change it."""
    folder = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{folder / 'studies.db'}"
    return url, fabricated.fabricate(url, folder)


def write(folder: Path, study: str = STUDY, space: str = SPACE) -> str:
    (folder / "space.toml").write_text(space, encoding="utf-8")
    (folder / "mine.toml").write_text(study, encoding="utf-8")
    return str(folder / "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("trials = 1", "trials = 1, trails = 2", ("budget.trails", "did you mean trials?")),
        ("accuracy =", "acuracy =", ("acuracy", "did you mean accuracy?")),
        ("maximize", "bigger", ("objectives.accuracy", "bigger", "maximize")),
        ("trials = 1", "trials = 0", ("budget.trials", "0", "at least 1")),
        ('"digits"', '"gone.npz"', ("data.source", "gone.npz")),
        ('"space.toml"', '"space2.toml"', ("space2.toml", "bundled spaces: cnn")),
    ],
)
def test_mistake_in_the_study_file(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    storage_url: str,
    old: str,
    new: str,
    expected: tuple[str, ...],
) -> None:
    """Each mistake of a study file is named with its key, its value and the cure."""
    path = write(tmp_path, STUDY.replace(old, new))
    line = complaint(capsys, "run", path, "--storage", storage_url)
    for part in expected:
        assert part in line


def test_every_mistake_has_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, storage_url: str
) -> None:
    """Two mistakes are two lines, so that nobody has to mend the file twice."""
    path = write(tmp_path, STUDY.replace("trials = 1", "trials = 0").replace("minimize", "least"))
    assert main(["run", path, "--storage", storage_url]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("paretune: ") for line in lines)


def test_low_above_high(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, storage_url: str
) -> None:
    """A space whose low exceeds its high is named with its file and both ends."""
    path = write(tmp_path, space=SPACE.replace("32", "8"))
    line = complaint(capsys, "run", path, "--storage", storage_url)
    assert "space.toml" in line
    assert "batch_size" in line
    assert "8" in line
    assert "16" in line


def test_pickled_npz(capsys: pytest.CaptureFixture[str], tmp_path: Path, storage_url: str) -> None:
    """An .npz with pickled objects is refused before any trial, and never unpickled."""
    objects = np.array([{"a": 1}, None], dtype=object)
    np.savez(tmp_path / "bad.npz", x_train=objects, y_train=objects, x_test=objects, y_test=objects)
    path = write(tmp_path, STUDY.replace('"digits"', '"bad.npz"'))
    line = complaint(capsys, "run", path, "--storage", storage_url)
    assert "bad.npz" in line
    assert "pickle" in line


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("frnt",), "Did you mean 'front'?"),
        (("run",), "STUDY"),
        (("run", "no_such_study"), "bundled studies: digits, fashion_mnist, mnist"),
        (("run", "digits", "--set", "train.epoch=3"), "did you mean epochs?"),
        (("run", "digits", "--budget", "much"), '"600 gpu-seconds"'),
        (("run", "digits", "--trials", "0"), "--trials"),
        (("run", "digits", "--devices", "99"), "--devices 99"),
        (("run", "digits", "--name", "../up"), "--name"),
        (("front", "no_such_study"), "there are: digits"),
        (("front", "digits", "--format", "xml"), "'table', 'json', 'csv'"),
        (("front", "digits", "--plot", "front.gif"), ".png, .svg"),
        (("export", "digits", "--rule", "knee"), "--out"),
        (("export", "digits", "--out", "x"), "none was given"),
        (
            ("export", "digits", "--out", "x", "--rule", "knee", "--best", "accuracy"),
            "--rule and --best were given",
        ),
        (("export", "digits", "--out", "x", "--trial", "99"), "it has trials 0 to 6"),
        (("export", "digits", "--out", "x", "--trial", "5"), "diverged (loss is nan at epoch 1)"),
        (("export", "digits", "--out", "x", "--best", "acuracy"), "did you mean accuracy?"),
        (("export", "digits", "--out", "x", "--weights", "accuracy"), "accuracy=3,gpu_seconds=1"),
        (
            ("export", "digits", "--out", "x", "--rule", "knee", "--where", "accuracy >= 0.999"),
            "0.92 to 0.99",
        ),
        (
            ("export", "digits", "--out", "x", "--trial", "1", "--where", "accuracy >= 0.9"),
            "--where",
        ),
        (("dashboard", "--port", "99999"), "--port"),
    ],
)
def test_mistake_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    shared: tuple[str, optuna.Study],
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    """Each is one line with the value and the cure, and leaves no file or trial behind."""
    url, study = shared
    monkeypatch.chdir(tmp_path)
    line = complaint(capsys, *arguments, "--storage", url)
    assert expected in line
    assert not list(tmp_path.iterdir())
    assert len(study.get_trials()) == len(fabricated.TRIALS)


def test_storages_that_cannot_be_reached(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A missing file, a file that is no database, a URL that is none, a scheme nobody knows."""
    (tmp_path / "text.db").write_text("no database at all, but long enough\n" * 50)
    urls = {
        f"sqlite:///{tmp_path / 'gone.db'}": "no such file",
        f"sqlite:///{tmp_path / 'text.db'}": "not a database",
        str(tmp_path / "gone.db"): "URL",
        "nonsense://here": "nonsense",
    }
    for url, expected in urls.items():
        for command in (("front", "digits"), ("list",), ("dashboard",)):
            line = complaint(capsys, *command, "--storage", url)
            assert url in line
            assert expected in line


def test_foreign_study_is_refused(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """A study of another tool is told apart from one that is missing."""
    optuna.create_study(storage=made_study._storage, study_name="foreign")
    line = complaint(capsys, "front", "foreign", "--storage", storage_url)
    assert "was not run by paretune" in line


def test_bugs_keep_their_traceback(
    monkeypatch: pytest.MonkeyPatch, storage_url: str, made_study: optuna.Study
) -> None:
    """What is no user's mistake is not made to look like one."""
    monkeypatch.setattr(json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["front", "digits", "--storage", storage_url, "--format", "json"])


def test_a_current_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the command, a deleted folder is said to be one."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "the current folder is gone" in complaint(capsys, "run", "digits")


def test_no_password_in_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A storage's password stands in no message, however it is written."""
    for url in ("postgresql://u:sec@ret@h/d", "postgresql://u:secret@127.0.0.1:1/d"):
        line = complaint(capsys, "list", "--storage", url)
        assert "ret@" not in line
        assert "secret" not in line
