"""Pictures in files."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from paretune.data.picture_files import UnreadablePicture, read_picture

Image = pytest.importorskip("PIL.Image")


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_grey_pictures_have_one_channel_and_others_three() -> None:
    """Whatever they were saved as; a colour one in a grey set is turned grey."""
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(read_picture(png(grey))[..., 0], grey)
    colour = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    assert np.array_equal(read_picture(png(colour)), colour)
    assert read_picture(png(colour), (3, 4, 1)).shape == (3, 4, 1)


def chunk(name: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


def huge_header() -> bytes:
    header = struct.pack(">IIBBBBB", 4000, 2500, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bytes(9))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (huge_header(), "4000x2500 pixels are more than"),
        (png(np.zeros((5, 4), np.uint8)), "5x4 pixels, not 3x4"),
        (png(np.arange(12, dtype=np.uint8).reshape(3, 4))[:-30], "cannot be read"),
        (b"no picture at all", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said(content: bytes, words: str) -> None:
    """A header of ten million pixels is refused before one of them is unpacked."""
    with pytest.raises(UnreadablePicture, match=words):
        read_picture(content, (3, 4, 1))
