"""The pooling of compiled trainings is TensorFlow's to the last digit, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


def pooled(function: Any, images: Any, window: int, stride: int, padding: str) -> tuple[Any, Any]:
    """What comes out, and the gradient of a sum in which every window has a weight of its own."""
    from paretune.trainables.keras.framework import tf

    with tf.GradientTape() as tape:
        tape.watch(images)
        found = function(images, (1, window, window, 1), (1, stride, stride, 1), padding)
        weights = tf.reshape(tf.range(tf.size(found), dtype=tf.float32) % 17, tf.shape(found))
        total = tf.reduce_sum(tf.cast(found, tf.float32) * weights)
    return found, tape.gradient(total, images)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (2, 3), (3, 1)])
def test_values_and_gradients_are_tensorflows(
    window: int, stride: int, padding: str, precision: str
) -> None:
    """Of images with odd sides and many ties, windows that overlap or leave gaps included."""
    from paretune.trainables.keras.framework import tf
    from paretune.trainables.keras.max_pooling import max_pool

    values = np.random.default_rng(window * stride).integers(-3, 4, (2, 9, 11, 3))
    images = tf.cast(values, precision)
    theirs = pooled(tf.nn.max_pool, images, window, stride, padding)
    for mine, other in zip(pooled(max_pool, images, window, stride, padding), theirs, strict=True):
        assert mine.dtype == other.dtype
        assert np.array_equal(tf.cast(mine, tf.float32), tf.cast(other, tf.float32))


def test_the_network_keeps_its_own_layers() -> None:
    """Inside the block what is traced pools by ours; what is traced outside, or afterwards, by
    TensorFlow's operation, which is the file's.
    """
    from paretune.trainables.keras import cnn
    from paretune.trainables.keras.framework import tf
    from paretune.trainables.keras.max_pooling import repeatable_pooling

    model = cnn.build((20, 20, 1), 4, {"width": 0.25})

    def operations() -> set[str]:
        traced = tf.function(lambda images: model(images, training=True), autograph=False)
        graph = traced.get_concrete_function(tf.TensorSpec((8, 20, 20, 1))).graph
        return {operation.type for operation in graph.get_operations()}

    assert "MaxPool" in operations()
    with repeatable_pooling(model):
        assert "MaxPool" not in operations()
    assert "MaxPool" in operations()
