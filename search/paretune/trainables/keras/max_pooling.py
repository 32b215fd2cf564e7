"""Max pooling whose gradient XLA repeats to the last digit.

XLA's own scatters the gradient to the maxima in any order, and it refuses to where trainings must
repeat. Here the window's values are compared one after the other, as whole images shifted against
each other: nothing but elementwise operations, which XLA fuses. Values and gradients are those of
`tf.nn.max_pool`: of equal values the first, row by row, takes the gradient.

It stands in for the pooling of a network only while the compiled training is traced. What is scored
and exported is the layer as it is.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from paretune.trainables.keras.framework import tf, tf_keras
from paretune.trainables.keras.network import Model


def max_pool(
    inputs: Any,  # (batch, rows, columns, channels)
    ksize: Sequence[int],  # (1, rows, columns, 1), and so are the strides
    strides: Sequence[int],
    padding: str,  # "VALID" or "SAME"
    data_format: str = "NHWC",
) -> Any:  # (batch, rows, columns, channels), fewer rows and columns
    """As `tf.nn.max_pool`, with its arguments."""
    if data_format != "NHWC":
        raise ValueError(f"data_format is {data_format!r}; channels have to come last")
    sides = list(zip(inputs.shape[1:3], ksize[1:3], strides[1:3], strict=True))
    if padding == "SAME":
        outer = [_same_padding(*side) for side in sides]
        inputs = tf.pad(inputs, [(0, 0), *outer, (0, 0)], constant_values=inputs.dtype.min)
        sides = [
            (size + sum(more), *rest) for (size, *rest), more in zip(sides, outer, strict=True)
        ]
    # Of every position in the window, the values that all windows have there.
    shifted = [
        [slice(at, size - window + at + 1, stride) for at in range(window)]
        for size, window, stride in sides
    ]
    return _largest([inputs[:, rows, columns] for rows, columns in itertools.product(*shifted)])


def _same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    missing = max((-(-size // stride) - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def _largest(values: list[Any]) -> Any:
    """The elementwise maximum of tensors of one shape; the first of equals takes the gradient."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def compared(*values: Any) -> tuple[Any, Any]:
        largest = values[0]
        for value in values[1:]:
            largest = tf.maximum(largest, value)

        def gradient(upstream: Any) -> list[Any]:
            left, parts, none = upstream, [], tf.zeros((), upstream.dtype)
            for value in values:
                here = tf.equal(value, largest)
                parts.append(tf.where(here, left, none))
                left = tf.where(here, none, left)
            return parts

        return largest, gradient

    return compared(*values)


def has_other_pooling(model: Model) -> bool:
    """Does the network take maxima of windows in a way that `repeatable_pooling` leaves alone?"""
    layers = tf_keras.layers
    unknown = (layers.MaxPooling1D, layers.MaxPooling3D)
    return any(
        isinstance(layer, unknown) or (_is_flat(layer) and layer.data_format != "channels_last")
        for layer in _layers(model)
    )


@contextlib.contextmanager
def repeatable_pooling(model: Model) -> Iterator[None]:
    """What is traced inside pools by `max_pool`."""
    pooling = [layer for layer in _layers(model) if _is_flat(layer)]
    before = [layer.pool_function for layer in pooling]
    for layer in pooling:
        layer.pool_function = max_pool
    try:
        yield
    finally:
        for layer, function in zip(pooling, before, strict=True):
            layer.pool_function = function


def _is_flat(layer: Any) -> bool:
    return isinstance(layer, tf_keras.layers.MaxPooling2D)


def _layers(model: Model) -> Iterator[Any]:
    """Those of networks inside the network, too."""
    layers: Iterator[Any] = model._flatten_layers(include_self=False, recursive=True)
    return layers
