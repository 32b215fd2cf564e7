"""How two data sets differ, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from paretune.data.dataset import load
from paretune.data.fingerprint import describe_change


def test_what_has_changed_is_named_with_both_versions(tmp_path: Path) -> None:
    """Labels, split, or both; of real fingerprints."""
    rows = np.random.default_rng(0).integers(0, 256, (60, 4, 4), dtype=np.uint8)
    labels = np.arange(60) % 3
    np.savez(tmp_path / "a.npz", x_train=rows, y_train=labels)
    np.savez(tmp_path / "b.npz", x_train=rows, y_train=labels[::-1])
    first = load({"source": str(tmp_path / "a.npz")}).fingerprint
    second = load({"source": str(tmp_path / "b.npz"), "seed": 1}).fingerprint
    text = describe_change(first, second)
    assert text == f"its labels and split: {first} before, {second} now"


def test_a_table_of_the_users_own_is_shown_in_short() -> None:
    """Whatever it holds."""
    text = describe_change('{"rows": 3}', f'{{"rows": "{"x" * 200}"}}')
    assert text.startswith('{"rows": 3} before, {"rows": "xxx')
    assert len(text) < 100
