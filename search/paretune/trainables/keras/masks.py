"""Which weights of a kernel are the largest: masks of 1 where they stay, computed in the graph.

Notation, for a kernel of n weights at share s: k = max(round(n (1 - s)), 1) weights stay, those
with |w| >= t, and t is the k-th largest |w|. The bits of a float that is not negative, read as an
integer, are in the floats' own order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from paretune.trainables.keras.framework import tf

GROUP, _KEPT = 4, 2  # 2:4 keeps two of every four
_BITS = 32  # of a float32; the highest is its sign
_DIGIT = 4  # bits found in one pass over a kernel
_LARGE = 1 << 18  # weights: here a pass compares with one value, else with 15 at once


def largest(
    weight: Any,  # float32 tensor
    share: Any,  # float64 scalar: of its values, to be removed
    *,
    on_gpu: bool,
) -> Any:  # float32 of the same shape, 1 where |w| >= t
    """The mask that removes the smallest `share` of a kernel's weights."""
    size = tf.cast(tf.size(weight), tf.float64)
    count = tf.cast(tf.maximum(tf.round(size * (1 - share)), 1), tf.int32)
    magnitude = tf.abs(weight)
    if on_gpu:
        order = _by_digits(tf.reshape(magnitude, [-1]), count)
    else:  # the fastest, but there is no such operation on GPUs, nor in XLA
        orders = tf.reshape(tf.bitcast(magnitude, tf.int32), [-1])
        order = tf.raw_ops.NthElement(input=orders, n=count - 1, reverse=True)
    return tf.cast(magnitude >= tf.bitcast(order, tf.float32), tf.float32)


def _by_digits(
    magnitude: Any,  # (n,) float32
    count: Any,  # int32 scalar k
) -> Any:  # int32 scalar, the bits of the k-th largest
    """Found digit by digit from the highest, as the largest number that k values at least reach: a
    few passes whatever the size. Floats are compared, for TensorFlow moves integers off a GPU.
    """
    bits = _DIGIT if magnitude.shape[0] <= _LARGE else 1
    digits = tf.range(1, 1 << bits)

    def lower(shift: Any, found: Any) -> tuple[Any, Any]:
        tried = found + tf.bitwise.left_shift(digits, shift)
        reaches = magnitude >= tf.bitcast(tried, tf.float32)[:, None]
        enough = tf.math.count_nonzero(reaches, axis=1, dtype=tf.int32) >= count
        # What has overflowed into the sign is smaller.
        digit = tf.math.count_nonzero(enough & (tried > found), dtype=tf.int32)
        return shift - bits, found + tf.bitwise.left_shift(digit, shift)

    _, order = tf.while_loop(
        lambda shift, found: shift >= 0, lower, (tf.constant(_BITS - bits), tf.constant(0))
    )
    return order


def largest_of_four(weight: Any) -> Any:  # float32 of the same shape, 1 where it is kept
    """The mask that keeps the two largest of every four along the reduced axis, the last but one.

    Of equals the first is kept.
    """
    *outer, inputs, outputs = weight.shape
    fours = tf.reshape(tf.abs(weight), (*outer, inputs // GROUP, GROUP, outputs))
    mine, others = fours[..., :, None, :], fours[..., None, :, :]
    earlier = tf.constant(np.tri(GROUP, k=-1, dtype=bool)[:, :, None])  # (mine, others, 1)
    ahead = (others > mine) | ((others == mine) & earlier)
    rank = tf.math.count_nonzero(ahead, axis=-2, dtype=tf.int32)
    return tf.reshape(tf.cast(rank < _KEPT, tf.float32), weight.shape)
