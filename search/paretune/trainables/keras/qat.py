"""Quantization-aware fine-tuning: the step sees the weights as the file will store them.

Before each step the weights move onto the file's grid, the gradient is taken there, and the update
is applied to the exact weights behind them: the straight-through estimator (Bengio et al. 2013,
arXiv 1308.3432; Jacob et al. 2018, section 3). It acts on variables, so it needs no list of
supported layers, and what it leaves lies on the grid to the last bit.

Notation, per output channel c of a kernel w:

    q_max = 2**(bits-1) - 1     s_c = max |w_c| / q_max     Q(w) = s_c * round(w / s_c)

and for 2 bits, where that grid has only -s, 0, s and its s must not hang on one outlier (Li et al.
2016, arXiv 1605.04711, eq. 5 and 6):

    d_c = 0.7 mean |w_c|        s_c = mean of |w_c| above d_c        Q(w) = s_c sign(w) [|w| > d_c]

where the means leave pruned weights out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from paretune.trainables.keras.framework import TrainingSession, tf
from paretune.trainables.keras.network import Model
from paretune.trainables.schedule import UNCHANGED

_TERNARY_THRESHOLD = 0.7


class QuantizationRule:
    """Trains the kernels in `axes` on a grid of `bits`; pruned weights stay zero."""

    def __init__(
        self,
        model: Model,
        axes: Mapping[int, tuple[int, ...]],  # index into model.weights -> axes of one channel
        bits: int,
        masks: Mapping[int, np.ndarray],
        session: TrainingSession,
    ) -> None:
        self._weights = [model.weights[index] for index in axes]
        self._axes = list(axes.values())
        self._bits = bits
        self._session = session
        self._mask_values = [masks.get(index) for index in axes]
        self._masks: list[Any] = []

    def begin(self, steps: int) -> np.ndarray:
        with self._session.scope():
            self._masks = [
                None if mask is None else tf.Variable(mask.astype(np.float32), trainable=False)
                for mask in self._mask_values
            ]
        return np.full(steps, UNCHANGED)

    def enter(self, setting: Any) -> list[Any]:
        offsets = []
        for weight, axes in zip(self._weights, self._axes, strict=True):
            exact = tf.identity(weight)
            on_grid = quantized(exact, axes, self._bits)
            weight.assign(on_grid)
            offsets.append(exact - on_grid)
        return offsets

    def leave(self, token: list[Any]) -> None:
        for weight, mask, offset in zip(self._weights, self._masks, token, strict=True):
            updated = weight + offset
            weight.assign(updated if mask is None else updated * mask)

    def settle(self) -> None:
        """Leave the weights on the grid, as the file will store them."""
        with self._session.scope():
            for weight, axes in zip(self._weights, self._axes, strict=True):
                weight.assign(quantized(tf.identity(weight), axes, self._bits))


def quantized(
    weight: Any,  # float32 tensor
    axes: tuple[int, ...],  # that belong to one channel
    bits: int,
) -> Any:  # the same shape
    """Q(w): the nearest weights that the file can store."""
    size = tf.abs(weight)
    if bits == 2:
        mean = _mean_where(size, tf.cast(size > 0, tf.float32), axes)
        above = tf.cast(size > _TERNARY_THRESHOLD * mean, tf.float32)
        return _mean_where(size, above, axes) * tf.sign(weight) * above
    highest = 2 ** (bits - 1) - 1
    scale = tf.reduce_max(size, axes, keepdims=True) / highest
    return scale * tf.round(tf.math.divide_no_nan(weight, scale))


def _mean_where(values: Any, chosen: Any, axes: tuple[int, ...]) -> Any:
    count = tf.reduce_sum(chosen, axes, keepdims=True)
    return tf.math.divide_no_nan(tf.reduce_sum(values * chosen, axes, keepdims=True), count)
