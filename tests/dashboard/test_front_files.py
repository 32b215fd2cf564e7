"""Curve, log and picture of the front as artifacts."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from paretune.dashboard.front_files import PICTURE, store_files
from shown_studies import shown

pytest.importorskip("matplotlib")


def test_front_has_curve_log_and_picture(
    made_study: optuna.Study, storage_url: str, tmp_path: Path
) -> None:
    """Each under an id that stays the same; the curve as a table by epoch."""
    study = shown(storage_url, {0: {"accuracy": [0.5, 0.99], "gpu_seconds": [10.0, 20.0]}})
    found = store_files(study, tmp_path / "files", "0f")
    assert store_files(study, tmp_path / "files", "0f") == found
    by_name = {meta["filename"]: id for id, meta in found[0].items()}
    assert set(by_name) == {"log.txt", "curve.csv"}
    table = (tmp_path / "files" / by_name["curve.csv"]).read_text()
    assert table == "epoch,accuracy,gpu_seconds\n1,0.5,10.0\n2,0.99,20.0\n"
    (id,) = found[None]
    assert found[None][id]["filename"] == PICTURE
    assert (tmp_path / "files" / id).read_text().startswith("<?xml")
    assert 3 not in found  # dominated
    assert not list((tmp_path / "files").glob(".*"))


def test_folder_that_cannot_be_made_costs_the_files_only(
    made_study: optuna.Study, storage_url: str, tmp_path: Path
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "files").write_text("in the way")
    assert store_files(shown(storage_url), tmp_path / "files", "0f") == {}
