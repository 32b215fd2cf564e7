"""What a reader returns: recognised by its bytes."""

from __future__ import annotations

from pathlib import Path

from paretune.data.raw_data import file_digest


def test_a_digest_is_of_the_bytes(tmp_path: Path) -> None:
    """Equal files have equal digests wherever they lie; one byte more is another."""
    for name, content in (("a", b"same"), ("b", b"same"), ("c", b"same.")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (file_digest(tmp_path / name) for name in "abc")
    assert a == b != c
