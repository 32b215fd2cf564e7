"""Magnitude pruning inside the training step: the smallest weights of each kernel become zero.

How much goes at which step is a schedule of tfmot's. Its layer wrappers trace a second network and
need Keras' `fit`, so masks are renewed here, in the graph and from the whole variables; after every
step the weights are multiplied by them.

Notation, for a kernel of n weights at share s: k = max(round(n (1 - s)), 1) weights stay, those
with |w| >= t, and t is the k-th largest |w|. The bits of a float that is not negative, read as an
integer, are in the floats' own order, so that t is found exactly, bit by bit from the highest, by
counting: 31 passes over the kernel whatever its size, where a sort takes n log n.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from paretune.errors import TrainableError
from paretune.trainables.keras.framework import TrainingSession, tf, tfmot
from paretune.trainables.keras.network import Kernel, Model
from paretune.trainables.schedule import UNCHANGED, pruning_steps
from paretune.trainables.settings import PruneSettings

_GROUP, _KEPT = 4, 2  # 2:4 keeps two of every four
_HIGHEST_BIT = 30  # of a float32 without its sign


class PruningRule:
    """Removes the smallest weights of `indices` (into `model.weights`) on a schedule."""

    def __init__(
        self, model: Model, indices: list[int], settings: PruneSettings, session: TrainingSession
    ) -> None:
        self._weights = [model.weights[index] for index in indices]
        self._settings = settings
        self._session = session
        self._masks: list[Any] = []

    def begin(self, steps: int) -> np.ndarray:
        with self._session.scope():
            self._masks = [tf.Variable(tf.ones_like(w), trainable=False) for w in self._weights]
        return pruning_shares(self._settings, steps)

    def enter(self, setting: Any) -> None:
        tf.cond(setting >= 0, lambda: self._renew(setting), tf.no_op)

    def leave(self, token: None) -> None:
        for weight, mask in zip(self._weights, self._masks, strict=True):
            weight.assign(weight * mask)

    def _renew(self, share: Any) -> Any:
        """New masks, and weights that have them already in the step that follows."""
        two_of_four = self._settings.pruning_structure == "2:4"
        for weight, mask in zip(self._weights, self._masks, strict=True):
            value = tf.identity(weight)
            kept = largest_of_four(value) if two_of_four else largest(value, share)
            mask.assign(kept)
            weight.assign(value * kept)
        return tf.no_op()

    def zeros(self) -> int:
        """How many weights are removed. Raises TrainableError where fewer than were asked for."""
        removed, wanted = 0, 0.0
        share = 0.5 if self._settings.pruning_structure == "2:4" else self._settings.sparsity
        for weight in self._weights:
            values = weight.numpy()
            removed += values.size - int(np.count_nonzero(values))
            wanted += share * values.size - 1  # it is rounded, and one at least is kept
        if removed < wanted:
            raise TrainableError(
                f"pruning reached {removed} zeros of the {wanted:.0f} that sparsity {share:g} "
                "asks for; lower pruning_end, or give more prune_epochs"
            )
        return removed


def pruning_shares(settings: PruneSettings, steps: int) -> np.ndarray:  # (steps,) float64
    """At each step of a fine-tuning the share of weights to remove, -1 where masks stay.

    By tfmot's schedules: "polynomial" rises to the sparsity s as s (1 - (1 - progress)**3), fast
    first (Zhu & Gupta 2017, arXiv 1710.01878, eq. 1); "constant" is s at once. Raises
    TrainableError where the settings leave nothing to do.
    """
    at = pruning_steps(settings, steps)
    sparsity = 0.5 if settings.pruning_structure == "2:4" else settings.sparsity
    when = {"begin_step": at.begin, "end_step": at.end, "frequency": at.every}
    keras = tfmot.sparsity.keras
    if at.begin == at.end:
        schedule = keras.ConstantSparsity(sparsity, **when)
    else:
        schedule = keras.PolynomialDecay(initial_sparsity=0.0, final_sparsity=sparsity, **when)
    due, shares = schedule(tf.range(steps))
    return np.where(due, np.float64(shares), UNCHANGED)


def largest(
    weight: Any,  # float32 tensor
    share: Any,  # float64 scalar: of its values, to be removed
) -> Any:  # float32 of the same shape, 1 where |w| >= t
    """The mask that removes the smallest `share` of a kernel's weights."""
    size = tf.cast(tf.size(weight), tf.float64)
    count = tf.cast(tf.maximum(tf.round(size * (1 - share)), 1), tf.int32)
    order = tf.bitcast(tf.abs(weight), tf.int32)

    def at_least(value: Any) -> Any:
        return tf.cast(order >= value, tf.float32)

    def lower(bit: Any, found: Any) -> tuple[Any, Any]:
        tried = found + tf.bitwise.left_shift(1, bit)
        enough = tf.math.count_nonzero(order >= tried, dtype=tf.int32) >= count
        return bit - 1, tf.where(enough, tried, found)

    _, threshold = tf.while_loop(
        lambda bit, found: bit >= 0, lower, (tf.constant(_HIGHEST_BIT), tf.constant(0))
    )
    return at_least(threshold)


def largest_of_four(weight: Any) -> Any:  # float32 of the same shape, 1 where it is kept
    """The mask that keeps the two largest of every four along the reduced axis, the last but one.

    Of equals the first is kept.
    """
    *outer, inputs, outputs = weight.shape
    fours = tf.reshape(tf.abs(weight), (*outer, inputs // _GROUP, _GROUP, outputs))
    mine, others = fours[..., :, None, :], fours[..., None, :, :]
    earlier = tf.constant(np.tri(_GROUP, k=-1, dtype=bool)[:, :, None])  # (mine, others, 1)
    ahead = (others > mine) | ((others == mine) & earlier)
    rank = tf.math.count_nonzero(ahead, axis=-2, dtype=tf.int32)
    return tf.reshape(tf.cast(rank < _KEPT, tf.float32), weight.shape)


def prunable(found: list[Kernel], settings: PruneSettings) -> list[int]:
    """Indices of the kernels to prune. Raises TrainableError where there are none.

    2:4 keeps two of every four along the reduced axis: kernels without fours there are left out.
    """
    two_of_four = settings.pruning_structure == "2:4"
    chosen = [
        kernel.index
        for kernel in found
        if kernel.prunable and not (two_of_four and kernel.shape[-2] % _GROUP)
    ]
    if not chosen:
        raise TrainableError(
            f"sparsity is {settings.sparsity}, but the network has no layer to prune between its "
            "first convolution and its last layer; set sparsity to 0"
        )
    return chosen


def masks_of(weights: list[np.ndarray], indices: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Where pruned weights are not zero: what later fine-tuning has to keep."""
    return {index: weights[index] != 0 for index in indices}
