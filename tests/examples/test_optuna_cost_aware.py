"""The example of our sampler in a plain Optuna study runs, and reports its cost."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "optuna_cost_aware.py"


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("optuna_cost_aware_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_reports_what_each_search_has_cost(example, monkeypatch, capsys):
    """A line for each sampler, with its trials and seconds, and its front below."""
    monkeypatch.setattr(example, "TRIALS", 6)
    example.main()
    printed = capsys.readouterr().out
    for name in ("cost-aware", "TPE"):
        assert f"{name}: 6 trials cost" in printed
    assert printed.count("error ") >= 2
