"""Weights read from files: inside the tables or behind them, packed or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.trainables.tflite import quantize
from paretune.trainables.tflite.evaluate_file import arena_kib, sparsity
from paretune.trainables.tflite.flatbuffer import Graph, rewrite, unpack

IMAGE = np.zeros((28, 28, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def file() -> bytes:
    """A float32 file with 1.3 million weights in one layer: more than 256 KiB even in 2 bits.

    Few in the others, half of each 0.
    """
    from paretune.trainables.keras.convert import to_float_file
    from paretune.trainables.keras.framework import seed_everything, tf_keras

    seed_everything(0)
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(8, 5, padding="same"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(840, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return rewrite(to_float_file(model), halved)


def halved(weights: np.ndarray) -> np.ndarray:
    return np.where(np.abs(weights) < np.median(np.abs(weights)), 0, weights)


@pytest.fixture(scope="module")
def stored(file: bytes) -> Callable[[int], bytes]:
    """`stored(bits)`: the file with weights of so many bits."""
    return lambda bits: file if bits == 32 else quantize.quantize(file, bits, on_grid=bits == 2)


@pytest.mark.tensorflow
@pytest.mark.parametrize("bits", [32, 16, 8, 4, 2])
def test_weights_behind_the_tables_are_weights_of_the_file(
    stored: Callable[[int], bytes], bits: int
) -> None:
    """The quantizer puts 256 KiB and more behind the flatbuffer: types, shapes and zeros are all
    found there, and beside them those that stayed inside."""
    content = stored(bits)
    kernels = Graph(content).kernels()
    assert {kernel.type for kernel in kernels} == {quantize.STORED_TYPE[bits]}
    assert sorted(kernel.values.size for kernel in kernels) == [200, 8_400, 1_317_120]
    wanted = sum(kernel.values.size for kernel in kernels) // 2
    assert quantize.check(content, bits, zeros=wanted).float_layers == ()
    assert sparsity(kernels) >= 0.5
    if bits > 4:
        assert sparsity(kernels) == pytest.approx(0.5, abs=0.01)


@pytest.mark.tensorflow
def test_zeros_that_were_lost_behind_the_tables_are_noticed(stored: Callable[[int], bytes]) -> None:
    """What lies there is counted, not taken for granted."""
    with pytest.raises(Exception, match="pruned weights only"):
        quantize.check(stored(8), 8, zeros=1_200_000)


@pytest.mark.tensorflow
def test_weights_behind_the_tables_are_no_memory_of_an_inference(
    stored: Callable[[int], bytes],
) -> None:
    """8-bit weights are constants wherever they lie: a picture needs kilobytes, not megabytes."""
    assert arena_kib(stored(8), IMAGE) < 100


@pytest.mark.tensorflow
def test_rewriting_reaches_every_float_kernel(file: bytes) -> None:
    """One row for each output channel, also of a depthwise kernel, and the rest stays as it is."""
    rows: list[tuple[int, ...]] = []

    def record(weights: np.ndarray) -> np.ndarray:
        rows.append(weights.shape)
        return -weights

    changed = rewrite(file, record)
    assert rows == [(8, 25), (840, 1568), (10, 840)]
    for before, after in zip(Graph(file).kernels(), Graph(changed).kernels(), strict=True):
        assert np.array_equal(before.values, -after.values)
    assert rewrite(changed, lambda weights: -weights) == file


@pytest.mark.parametrize("bits", [4, 2])
@given(data=st.data())
def test_unpacking_undoes_packing(bits: int, data: st.DataObject) -> None:
    """Signed integers packed lowest bits first come back, whatever their number."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = np.array(data.draw(st.lists(st.integers(low, high), min_size=1, max_size=30)))
    per_byte = 8 // bits
    codes = np.zeros(-(-len(values) // per_byte) * per_byte, dtype=np.int64)
    codes[: len(values)] = values & ((1 << bits) - 1)
    shifts = bits * np.arange(per_byte)
    packed = (codes.reshape(-1, per_byte) << shifts).sum(axis=1).astype(np.uint8)
    assert np.array_equal(unpack(packed, bits, len(values)), values)
