"""Checksums of TFRecord."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from paretune.data.crc32c import crc32c, masked_crc32c


def test_the_published_examples() -> None:
    """RFC 3720, appendix B.4, and the check value of the catalogue of CRCs."""
    texts = [bytes(32), b"\xff" * 32, bytes(range(32)), b"123456789"]
    assert [hex(n) for n in crc32c(texts)] == [
        "0x8a9136aa",
        "0x62a8ab43",
        "0x46dd794e",
        "0xe3069283",
    ]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_many_at_once_are_as_one_by_one(texts: list[bytes]) -> None:
    """Of any lengths, empty ones included."""
    assert masked_crc32c(texts).tolist() == [int(masked_crc32c([text])[0]) for text in texts]
