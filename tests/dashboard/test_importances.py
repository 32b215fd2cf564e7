"""Importances by fANOVA."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import Made
from paretune.dashboard.importances import importances
from shown_studies import made_and_shown

NAMES = ("accuracy", "gpu_seconds", "peak_memory_mib", "model_kib")
pytest.importorskip("sklearn")


def test_parameter_that_decides_is_named(storage_url: str, tmp_path: Path) -> None:
    """Size follows from bits alone; memory is the same for all, so nothing is said of it."""
    trials = [
        Made(0.9 + 0.01 * width, 10.0 + width, 100.0, 10.0 * bits, {"bits": bits, "epochs": width})
        for width in range(1, 4)
        for bits in (4, 8, 16)
    ]
    study, _ = made_and_shown(storage_url, tmp_path, trials)
    graph = importances(study, NAMES)
    assert graph is not None
    by_name = {bars["name"]: dict(zip(bars["y"], bars["x"], strict=True)) for bars in graph["data"]}
    assert by_name["model_kib"]["bits"] > 0.8
    assert by_name["accuracy"]["epochs"] > 0.8
    assert "peak_memory_mib" not in by_name
    assert "peak_memory_mib: does not vary" in graph["layout"]["title"]["text"]


def test_few_or_equal_trials_say_nothing(storage_url: str, tmp_path: Path) -> None:
    """Equal values have no variance to share out."""
    study, _ = made_and_shown(storage_url, tmp_path, [Made()] * 6)
    assert importances(study, NAMES) is None
