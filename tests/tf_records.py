"""Writes TFRecord files of tf.train.Example, without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from paretune.data.crc32c import masked_crc32c


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def example(features: Mapping[str, Any]) -> bytes:
    """Values: bytes, a list of floats, or a list of whole numbers."""
    entries = b""
    for name, value in features.items():
        if isinstance(value, bytes):
            feature = field(1, field(1, value))
        elif isinstance(value[0], float):
            feature = field(2, field(1, struct.pack(f"<{len(value)}f", *value)))
        else:
            feature = field(3, field(1, b"".join(varint(each) for each in value)))
        entries += field(1, field(1, name.encode()) + field(2, feature))
    return field(1, entries)


def record(content: bytes) -> bytes:
    size = struct.pack("<Q", len(content))
    sums = masked_crc32c([size]), masked_crc32c([content])
    return size + struct.pack("<I", sums[0][0]) + content + struct.pack("<I", sums[1][0])
