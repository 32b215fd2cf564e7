"""What a trial's process makes of the ways in which a trainable can end."""

from __future__ import annotations

import json

import pytest
from paretune.trainables import Diverged, StopTrial
from paretune.trial.outcome import Status
from paretune.worker.trial_process import failure, one_line


def test_message_is_fit_to_be_stored() -> None:
    """Half a character and a terminal's sequence in a message become visible escapes."""
    record = failure(ValueError("half \ud83d and \x1b[31mred"))
    assert record["error"] == r"ValueError: half \ud83d and \x1b[31mred"
    assert json.dumps(record, ensure_ascii=False).encode()


def test_first_line_with_text_in_it() -> None:
    """One line, of 300 characters at most."""
    assert one_line(ValueError("\n  \n first\nsecond")) == "first"
    assert len(one_line(ValueError("x" * 1000))) == 300
    assert one_line(ValueError()) == ""


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (StopTrial("it is dominated"), Status.STOPPED, "it is dominated"),
        (Diverged("loss is nan"), Status.DIVERGED, "loss is nan"),
        (MemoryError("3 TiB"), Status.OUT_OF_MEMORY, "MemoryError: 3 TiB"),
        (SystemExit(3), Status.FAILED, "SystemExit: 3"),
        (ValueError(), Status.FAILED, "ValueError"),
    ],
)
def test_how_a_trial_ends(error: BaseException, status: Status, text: str) -> None:
    """The kind of the error says how; a reason of ours needs no class name."""
    assert failure(error) == {"status": status, "metrics": {}, "error": text}
