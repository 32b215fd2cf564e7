"""Text that a file, a database or a terminal cannot hold."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from paretune.text import is_visible, visible, visible_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@given(st.text(st.characters()))
def test_visible_text_can_be_stored_and_is_left_alone(text: str) -> None:
    """Whatever comes in, UTF-8 can hold what comes out, and a second time changes nothing."""
    shown = visible(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert is_visible(shown)
    assert visible(shown) == shown
    if is_visible(text):
        assert shown == text


@given(JSON)
def test_records_are_made_visible_everywhere(record: object) -> None:
    """Keys and values at any depth."""
    text = json.dumps(visible_json(record), ensure_ascii=False)
    assert is_visible(json.dumps(json.loads(text), ensure_ascii=False))


def test_escapes_say_what_was_there() -> None:
    """Half a character, a NUL and a terminal's sequence stay readable; lines and letters stay."""
    assert visible("a\ud83d\x00\x1b[2J") == r"a\ud83d\x00\x1b[2J"
    assert visible("Größe\t2\nzwei 🙂") == "Größe\t2\nzwei 🙂"
