"""`list`: the studies and spaces there are."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from command_line import said
from fabricated import fabricate

pytestmark = pytest.mark.usefixtures("made_study")


def test_list_names_bundled_and_stored(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """Bundled studies and spaces, one's own studies, and how many are somebody else's."""
    optuna.create_study(storage=made_study._storage, study_name="foreign")
    text = said(capsys, "list", "--storage", storage_url)
    assert "bundled studies  digits, fashion_mnist, mnist" in text
    assert "bundled spaces   cnn" in text
    assert "digits  7 trials on cpu-core: accuracy, gpu_seconds" in text
    assert "and 1 that paretune did not run" in text


def test_list_before_the_first_study(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without any study of one's own it says what to type, and creates nothing."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "begin with `paretune run digits`" in said(capsys, "list")
    assert not (tmp_path / "data").exists()


def test_studies_that_never_began_are_shown_when_asked_for(
    capsys: pytest.CaptureFixture[str], storage_url: str, tmp_path: Path
) -> None:
    """A run that was refused leaves a study without a trial: counted, and named with --all."""
    fabricate(storage_url, tmp_path, (), name="refused")
    text = said(capsys, "list", "--storage", storage_url)
    assert "refused" not in text
    assert "and 1 that never began (--all)" in text
    text = said(capsys, "list", "--storage", storage_url, "--all")
    assert "that never began: refused (`paretune delete NAME`)" in text
