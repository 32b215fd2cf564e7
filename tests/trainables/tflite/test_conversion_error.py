"""What a converter's message is reduced to."""

from __future__ import annotations

from paretune.trainables.tflite.conversion_error import reason


def test_the_telling_line_of_a_message_is_kept() -> None:
    """The line with the error, cut; else the first; else the error's own name."""
    assert reason(ValueError("long story\n  x: Error: bad operator\nmore")).startswith("x: Error")
    assert reason(ValueError("only this")) == "only this"
    assert len(reason(ValueError("a" * 999))) == 250
    assert reason(KeyError()) == "KeyError"
