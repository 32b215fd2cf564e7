"""Fixtures that tests of several folders share. This file also puts tests/ on the import path."""

from __future__ import annotations

from pathlib import Path

import fabricated
import optuna
import pytest


@pytest.fixture
def storage_url(tmp_path: Path) -> str:
    """The URL of a database that is not there yet, away from the user's own."""
    return f"sqlite:///{tmp_path / 'studies.db'}"


@pytest.fixture
def made_study(storage_url: str, tmp_path: Path) -> optuna.Study:
    """The study of fabricated.TRIALS in the storage."""
    return fabricated.fabricate(storage_url, tmp_path)
