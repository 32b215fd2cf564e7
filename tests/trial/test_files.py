"""Files by which processes speak to each other: whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from paretune.trial.files import write_json


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """A reader that has the old one open goes on with it; nothing is left beside it."""
    path = tmp_path / "result.json"
    write_json(path, {"a": "é", "b": [1, None]})
    with path.open(encoding="utf-8") as old:
        write_json(path, {})
        assert json.load(old) == {"a": "é", "b": [1, None]}
    assert json.loads(path.read_text()) == {}
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    """NaN is none: another language could not read it."""
    path = tmp_path / "result.json"
    write_json(path, {"loss": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"loss": float("nan")})
    assert json.loads(path.read_text()) == {"loss": 1.0}
