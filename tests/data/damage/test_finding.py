"""One kind of damage, and a whole examination."""

from __future__ import annotations

import numpy as np
from paretune.data.damage.finding import ERROR, WARNING, Examined, Finding


def examined(*findings: Finding) -> Examined:
    return Examined("here", {"train": 9}, (4,), "uint8", 2, None, findings)


def test_errors_come_first_and_alone_make_data_unsound() -> None:
    """What is only to be looked at is no error; what was not found is not listed."""
    rows = np.array([1, 2])
    look = Finding.of_rows("near", "train", WARNING, "look", rows)
    bad = Finding.of_rows("leak", "train", ERROR, "drop", rows)
    none = Finding("damaged files", "train", ERROR, "drop", 0)
    assert [finding.kind for finding in examined(look, none, bad).found] == ["leak", "near"]
    assert not examined(look, bad).is_sound
    assert examined(look, none).is_sound
