"""Help pages: flags take no value."""

from __future__ import annotations

import pytest
from command_line import said


@pytest.mark.parametrize(
    ("command", "flag"),
    [("store", "--prune"), ("export", "--with-test-data"), ("delete", "--yes"), ("run", "--help")],
)
def test_flags_have_no_type(capsys: pytest.CaptureFixture[str], command: str, flag: str) -> None:
    """`--prune` is shown as it is typed, not as `--prune <bool>`."""
    text = said(capsys, command, "--help")
    assert flag in text
    assert "<bool>" not in text
    assert "<bool>" not in said(capsys, "--help")
