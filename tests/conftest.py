"""Fixtures that tests of several folders share. This file also puts tests/ on the import path."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Before NumPy is imported: small matrices on several threads wait for each other on busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import fabricated
import optuna
import pytest
from hypothesis import HealthCheck, settings
from paretune.study.storage.open_storage import open_storage

# On a busy machine even a small example is slow to make: that says nothing of the code.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")


@pytest.fixture
def storage_url(tmp_path: Path) -> str:
    """The URL of a database that is not there yet, away from the user's own."""
    return f"sqlite:///{tmp_path / 'studies.db'}"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study of fabricated.TRIALS, made once: writing it takes a second."""
    folder = tmp_path_factory.mktemp("template")
    fabricated.fabricate(f"sqlite:///{folder / 'studies.db'}", folder)
    return folder


@pytest.fixture
def made_study(storage_url: str, tmp_path: Path, template: Path) -> optuna.Study:
    """The study of fabricated.TRIALS in the storage, a test's own copy."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return optuna.load_study(study_name="digits", storage=open_storage(storage_url))
