"""Magnitude pruning in the training step, with tfmot's masks and schedules.

tfmot's layer wrappers trace a second network, need Keras' `fit`, and lose count of the steps in
replicas. Its mask computation needs none of that: masks are renewed between steps, from the whole
variables, and the step itself only multiplies by them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning

from paretune.errors import TrainableError
from paretune.trainables.keras.framework import TrainingSession, tf, tfmot
from paretune.trainables.keras.network import Kernel, Model
from paretune.trainables.settings import PruneSettings

_UPDATES = 50  # of the masks, at most; each sorts every weight
_GROUP = 4  # of which 2:4 keeps two


class PruningRule:
    """Removes the smallest weights of `indices` (into `model.weights`) on a schedule."""

    def __init__(
        self, model: Model, indices: list[int], settings: PruneSettings, session: TrainingSession
    ) -> None:
        self._weights = [model.weights[index] for index in indices]
        self._settings = settings
        self._session = session
        self._step = 0
        self._masks: list[Any] = []
        self._pruning: Any = None

    def begin(self, steps: int) -> None:
        with self._session.scope():
            self._masks = [tf.Variable(tf.ones_like(w), trainable=False) for w in self._weights]
            thresholds = [tf.Variable(0.0, trainable=False) for _ in self._weights]
            two_of_four = self._settings.pruning_structure == "2:4"
            self._pruning = Pruning(
                lambda: self._step,
                list(zip(self._weights, self._masks, thresholds, strict=True)),
                schedule(self._settings, steps),
                block_size=(1, 1),
                block_pooling_type="AVG",
                sparsity_m_by_n=(2, _GROUP) if two_of_four else None,
            )

    def before(self, step: int) -> None:
        self._step = step + 1  # tfmot counts from 1
        with self._session.scope():
            self._pruning.conditional_mask_update()

    def enter(self) -> None:
        self._apply()  # a step that follows an update trains what is left

    def leave(self, token: None) -> None:
        self._apply()

    def _apply(self) -> None:
        for weight, mask in zip(self._weights, self._masks, strict=True):
            weight.assign(weight * mask)

    def zeros(self) -> int:
        """How many weights are removed. Raises TrainableError where fewer than were asked for."""
        removed, wanted = 0, 0.0
        share = 0.5 if self._settings.pruning_structure == "2:4" else self._settings.sparsity
        for weight in self._weights:
            values = weight.numpy()
            removed += int((values == 0).sum())
            wanted += share * values.size - 1  # tfmot rounds, and keeps at least one
        if removed < wanted:
            raise TrainableError(
                f"pruning reached {removed} zeros of the {wanted:.0f} that sparsity {share:g} "
                "asks for; lower pruning_end, or give more prune_epochs"
            )
        return removed


def schedule(settings: PruneSettings, steps: int) -> Any:
    """tfmot's schedule for a fine-tuning of `steps` steps, its end always reached.

    Raises TrainableError where the shares leave nothing to do.
    """
    if settings.pruning_begin >= settings.pruning_end:
        raise TrainableError(
            f"pruning_begin is {settings.pruning_begin}, pruning_end {settings.pruning_end}; "
            "begin before the end"
        )
    begin = 1 + round(settings.pruning_begin * (steps - 1))
    if settings.pruning_schedule == "constant":
        # Masks are chosen once: choosing again among weights held at zero changes nothing.
        return tfmot.sparsity.keras.ConstantSparsity(
            settings.sparsity, begin_step=begin, end_step=begin, frequency=1
        )
    length = round(settings.pruning_end * (steps - 1)) - (begin - 1)
    if length < 1:
        return tfmot.sparsity.keras.ConstantSparsity(settings.sparsity, begin, begin, 1)
    frequency = max(length // _UPDATES, 1)
    return tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0,
        final_sparsity=settings.sparsity,
        begin_step=begin,
        end_step=begin + length // frequency * frequency,  # a multiple, or the last is missed
        frequency=frequency,
    )


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
