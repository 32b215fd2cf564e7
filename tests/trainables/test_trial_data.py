"""The study's data inside a trial: loaded once, billed apart, and said what was left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


def test_a_fraction_is_made_once_and_paid_as_data(tmp_path: Path) -> None:
    """Every stage of the trial has the same rows; the whole stays what it was."""
    context: Any = FakeContext(tmp_path, data={"source": "digits"})
    whole, part = trial_data.dataset(context), trial_data.dataset(context, 0.25)
    assert trial_data.dataset(context, 0.25) is part
    assert trial_data.dataset(context) is whole
    assert len(part.train) == round(0.25 * len(whole.train))
    assert part.validation is whole.validation
    assert context.phases == ["data", "data"]
