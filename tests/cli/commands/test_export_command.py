"""`export`: which configuration is chosen, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import fabricated
import optuna
import pytest
from command_line import complaint, said
from paretune.export.exported_config import CONFIG, ExportedConfiguration
from paretune.trial.files import MODEL


@pytest.fixture
def without_models(made_study: optuna.Study, tmp_path: Path) -> None:
    """The fabricated models are none: configurations are exported alone."""
    for model in tmp_path.rglob(MODEL):
        model.unlink()


@pytest.mark.usefixtures("without_models")
@pytest.mark.parametrize(
    ("choice", "trial"),
    [
        (["--trial", "1"], 1),
        (["--best", "accuracy"], fabricated.FRONT[0]),
        (["--best", "gpu_seconds", "--where", "accuracy > 0.98"], fabricated.FRONT[0]),
    ],
)
def test_choice(
    capsys: pytest.CaptureFixture[str],
    storage_url: str,
    tmp_path: Path,
    choice: list[str],
    trial: int,
) -> None:
    """The trial that was asked for is written, and the line says which one that is."""
    out = tmp_path / "out"
    text = said(capsys, "export", "digits", *choice, "--out", str(out), "--storage", storage_url)
    assert f"trial {trial}" in text.splitlines()[0]
    assert f"written to {out}: config.toml" in text
    assert ExportedConfiguration.load(out / CONFIG).trial == trial


@pytest.mark.usefixtures("without_models")
def test_one_folder_holds_one_trial(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path
) -> None:
    """The same trial is written again; another one is not written over it."""
    given = ["--out", str(tmp_path / "out"), "--storage", storage_url]
    for _ in range(2):
        said(capsys, "export", "digits", "--trial", "1", *given)
    line = complaint(capsys, "export", "digits", "--trial", "2", *given)
    assert line.startswith("paretune: --out ")
    assert "it holds trial 1 of study 'digits'" in line
