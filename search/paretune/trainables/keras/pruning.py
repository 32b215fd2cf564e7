"""Magnitude pruning inside the training step: the smallest weights of each kernel become zero.

How much goes at which step is a schedule of tfmot's. Its layer wrappers trace a second network and
need Keras' `fit`, so masks are renewed here, in the graph and from the whole variables; after every
step the weights are multiplied by them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from paretune.errors import TrainableError
from paretune.trainables.keras.framework import TrainingSession, tf, tfmot
from paretune.trainables.keras.masks import GROUP, largest, largest_of_four
from paretune.trainables.keras.network import Kernel, Model
from paretune.trainables.schedule import UNCHANGED, pruning_steps
from paretune.trainables.settings import PruneSettings


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
            if two_of_four:
                kept = largest_of_four(value)
            else:
                kept = largest(value, share, on_gpu=self._session.on_gpu)
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


def prunable(found: list[Kernel], settings: PruneSettings) -> list[int]:
    """Indices of the kernels to prune. Raises TrainableError where there are none.

    2:4 keeps two of every four along the reduced axis: kernels without fours there are left out.
    """
    two_of_four = settings.pruning_structure == "2:4"
    chosen = [
        kernel.index
        for kernel in found
        if kernel.prunable and not (two_of_four and kernel.shape[-2] % GROUP)
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
