"""tf.train.Example from its bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.data.tf_example import read_example
from paretune.errors import DataError
from tf_records import example

NUMBERS = st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=5)
FLOATS = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5)


@given(numbers=NUMBERS, floats=FLOATS, text=st.binary(max_size=200))
def test_every_kind_of_list_comes_back(
    numbers: list[int], floats: list[float], text: bytes
) -> None:
    """Bytes, floats, whole numbers of 64 bits with their sign."""
    found = read_example(example({"n": numbers, "f": floats, "text": text}), "here")
    assert np.array_equal(found["n"], numbers)
    assert np.array_equal(found["f"], np.array(floats, np.float32))
    assert found["text"] == [text]


@given(st.binary(max_size=60))
def test_bytes_that_are_none_are_refused(content: bytes) -> None:
    """Whatever they are: features, or one DataError with the place."""
    refused = pytest.raises(DataError, match="record 3")
    try:
        assert read_example(content, "record 3")
    except DataError:
        with refused:
            read_example(content, "record 3")


@pytest.mark.nightly
def test_what_tensorflow_writes_is_read() -> None:
    """Its own library makes the same of it."""
    train = pytest.importorskip("tensorflow.core.example.example_pb2")
    message = train.Example()
    message.features.feature["label"].int64_list.value.extend([-3, 1 << 40])
    message.features.feature["x"].float_list.value.extend([0.5, 2.0])
    message.features.feature["raw"].bytes_list.value.append(b"abc")
    found = read_example(message.SerializeToString(), "here")
    assert found["label"].tolist() == [-3, 1 << 40]
    assert found["x"].tolist() == [0.5, 2.0]
    assert found["raw"] == [b"abc"]
