"""CRC-32C of many texts at once (RFC 3720, appendix B.4), and TFRecord's mask of it.

A byte at a time over all texts of one length: NumPy then does what a loop in Python would be
hundreds of times too slow for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
_MASK = 0xA282EAD8


def _table() -> np.ndarray:  # (256,) uint32
    values = np.arange(256, dtype=np.uint64)
    for _ in range(8):
        values = (values >> np.uint64(1)) ^ (np.uint64(_POLYNOMIAL) * (values & np.uint64(1)))
    return values.astype(np.uint32)


_TABLE = _table()


def crc32c(texts: Sequence[bytes]) -> np.ndarray:  # (n,) uint32
    """The checksum of each text."""
    sums = np.zeros(len(texts), np.uint32)
    lengths = np.array([len(text) for text in texts])
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        columns = np.frombuffer(b"".join(texts[i] for i in chosen.tolist()), np.uint8)
        crc = np.full(len(chosen), 0xFFFFFFFF, np.uint32)
        for column in np.ascontiguousarray(columns.reshape(len(chosen), length).T):
            crc = _TABLE[(crc ^ column) & 0xFF] ^ (crc >> np.uint32(8))
        sums[chosen] = ~crc
    return sums


def masked_crc32c(texts: Sequence[bytes]) -> np.ndarray:  # (n,) uint32
    """As TFRecord stores it: rotated by 15 bits, plus a constant."""
    crc = crc32c(texts)
    rotated = (crc >> np.uint32(15)) | (crc << np.uint32(17))
    return ((rotated.astype(np.uint64) + _MASK) & 0xFFFFFFFF).astype(np.uint32)
