"""The file's own figures."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sample_networks
from paretune.data.split import Split
from paretune.errors import TrainableError
from paretune.trainables.tflite.evaluate_file import (
    File,
    arena_kib,
    latency_ms,
    sizes_kib,
    sparsity,
)
from paretune.trainables.tflite.flatbuffer import Graph

pytestmark = pytest.mark.tensorflow

IMAGES = np.random.default_rng(0).integers(0, 256, (450, 28, 28, 1), dtype=np.uint8)
SPLIT = Split(IMAGES, (np.arange(450) % 10).astype(np.int32))


@pytest.fixture(scope="module")
def made() -> Callable[[str], tuple[Any, bytes]]:
    """`made(name)`: the Keras network and its float file."""
    from paretune.trainables.keras.convert import to_float_file
    from paretune.trainables.keras.framework import seed_everything

    done: dict[str, tuple[Any, bytes]] = {}

    def make(name: str) -> tuple[Any, bytes]:
        if name not in done:
            seed_everything(0)
            model = getattr(sample_networks, name)((28, 28, 1), 10, {})
            done[name] = (model, to_float_file(model))
        return done[name]

    return make


@pytest.mark.parametrize("name", ["perceptron", "residual"])
def test_accuracy_and_loss_are_those_of_keras(
    made: Callable[[str], tuple[Any, bytes]], name: str
) -> None:
    """From logits and from probabilities alike, over a last batch that is not full."""
    from paretune.trainables.keras.framework import tf_keras

    model, content = made(name)
    score = File(content).score(SPLIT)
    outputs = model.predict(IMAGES.astype(np.float32), verbose=0)
    losses = tf_keras.losses.sparse_categorical_crossentropy(
        SPLIT.labels, outputs, from_logits=name == "perceptron"
    )
    assert score.images == 450
    assert score.accuracy == (outputs.argmax(axis=1) == SPLIT.labels).mean()
    assert score.loss == pytest.approx(float(np.mean(losses)), rel=1e-4)


@pytest.mark.parametrize("bits", [32, 16, 8, 4, 2])
def test_the_batch_does_not_change_a_prediction(
    made: Callable[[str], tuple[Any, bytes]], bits: int
) -> None:
    """Ranges of activations are an image's own: alone or among others it gives the same."""
    from paretune.trainables.tflite.quantize import quantize

    content = made("batch_norm")[1]
    if bits < 32:
        content = quantize(content, bits, on_grid=bits == 2)
    together = File(content).predict(IMAGES[:32])
    alone = np.concatenate([File(content).predict(IMAGES[i : i + 1]) for i in range(32)])
    assert np.allclose(together, alone, atol=1e-4)


def test_a_file_of_a_fixed_batch_is_scored_one_by_one(
    made: Callable[[str], tuple[Any, bytes]],
) -> None:
    """Other converters fix the batch at one: the score is that of the file that can be resized."""
    from paretune.trainables.keras.framework import tf

    model, resizable = made("perceptron")
    spec = tf.TensorSpec((1, 28, 28, 1), tf.float32)
    function = tf.function(model, input_signature=[spec]).get_concrete_function()
    fixed = tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert()
    some = Split(SPLIT.images[:30], SPLIT.labels[:30])
    assert (File(fixed).batch_size(), File(resizable).batch_size()) == (1, 200)
    mine, theirs = File(fixed).score(some), File(resizable).score(some)
    assert mine.accuracy == theirs.accuracy
    assert mine.loss == pytest.approx(theirs.loss, rel=1e-4)


def test_the_arena_holds_the_largest_step_and_no_weights(
    made: Callable[[str], tuple[Any, bytes]],
) -> None:
    """At least the largest layer's input and output, and far less than a network's weights."""
    content = made("residual")[1]
    kib = arena_kib(content, IMAGES[0])
    block = 14 * 14 * 8 * 4 / 1024
    assert 3 * block <= kib < 20 * block  # the skip, the input and the output of a convolution
    dense = made("perceptron")[1]
    assert 784 * 4 / 1024 <= arena_kib(dense, IMAGES[0]) < len(dense) / 1024 / 4


def test_latency_is_the_median_of_warm_runs(made: Callable[[str], tuple[Any, bytes]]) -> None:
    """By the clock that is given: one run in five is slow here, and the median is not."""
    ticks = itertools.count(1)  # eleven while it warms up
    durations = [1.0, 1.0, 9.0, 1.0, 1.0]

    def clock() -> float:
        tick = next(ticks)  # begin, then (loop check), start, end of each run
        now[0] += 0.0 if tick % 2 else durations[(tick // 2) % 5] / 1000
        return now[0]

    now = [0.0]
    assert latency_ms(made("perceptron")[1], IMAGES[0], clock) == pytest.approx(1.0)


def test_sizes_are_those_of_the_bytes() -> None:
    """KiB of the file, and of its zstd, in which repetition vanishes."""
    sizes = sizes_kib(bytes(4096), weights=1000)
    assert sizes["model_kib"] == 4
    assert 0 < sizes["model_kib_compressed"] < 0.1


def test_sparsity_counts_what_pruning_may_touch(
    made: Callable[[str], tuple[Any, bytes]],
) -> None:
    """Zeros in the first convolution or the last layer are no pruning; others are."""
    from paretune.trainables.keras.convert import to_float_file

    model, content = made("batch_norm")
    assert sparsity(Graph(content).kernels()) == 0
    weights = model.get_weights()
    shapes = [weight.shape for weight in weights]
    weights[shapes.index((3, 3, 1, 8))][:] = 0
    weights[shapes.index((24, 10))][:] = 0
    model.set_weights(weights)
    assert sparsity(Graph(to_float_file(model)).kernels()) == 0
    weights[shapes.index((3, 3, 8, 16))][:] = 0
    model.set_weights(weights)
    share = 3 * 3 * 8 * 16 / (3 * 3 * 8 * 16 + 576 * 24)
    assert sparsity(Graph(to_float_file(model)).kernels()) == pytest.approx(share)


def test_what_is_no_model_is_refused() -> None:
    """Bytes that are no .tflite file: one line, with the interpreter's reason."""
    with pytest.raises(TrainableError, match="the interpreter refuses the file"):
        File(b"no model" * 100)
