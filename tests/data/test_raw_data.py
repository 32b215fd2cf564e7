"""What a reader returns: recognised by its content, walked through in blocks."""

from __future__ import annotations

import numpy as np
from paretune.data.raw_data import array_digest, blocks


def test_a_digest_is_of_type_shape_and_content() -> None:
    """Equal arrays have equal digests wherever they lie; anything else has another."""
    array = np.arange(12, dtype=np.int32).reshape(3, 4)
    same = np.asfortranarray(array)
    others = [array.reshape(4, 3), array.astype(np.int64), array + 1]
    digests = [array_digest(each) for each in (array, same, *others)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_blocks_cover_every_row_once() -> None:
    """However large a row is: at least one row a block, none twice."""
    for width in (1, 100, 10_000):
        array = np.zeros((37, width), np.uint8)
        found = np.concatenate([np.arange(37)[block] for block in blocks(array, 500)])
        assert found.tolist() == list(range(37))
