"""The study's data inside a trial: loaded once, billed apart, and said what was left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_context import FakeContext
from paretune.trainables import trial_data


def test_it_is_loaded_once_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a phase of its own; a later stage has the same object and pays nothing."""
    asked = []

    def load(table: object) -> SimpleNamespace:
        asked.append(table)
        return SimpleNamespace(cleaning={"duplicates": 3})

    monkeypatch.setattr(trial_data, "load_once", load)
    context = FakeContext(tmp_path, data={"source": "digits"})
    first = trial_data.dataset(context)
    assert trial_data.dataset(context) is first
    assert asked == [{"source": "digits"}]
    assert context.phases == ["data"]
    assert context.notes == {"cleaning": {"duplicates": 3}}
