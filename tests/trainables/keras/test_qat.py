"""Training on the grid of the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sample_networks

pytestmark = pytest.mark.tensorflow


def network(name: str) -> Any:
    from paretune.trainables.keras.framework import seed_everything

    seed_everything(0)
    return getattr(sample_networks, name)((28, 28, 1), 10, {})


def session() -> Any:
    from paretune.trainables.keras.framework import TrainingSession

    return TrainingSession(None, 1)


@pytest.mark.parametrize(("bits", "levels"), [(8, 255), (4, 15), (2, 3)])
def test_the_training_grid_has_the_levels_of_the_bits(bits: int, levels: int) -> None:
    """Per channel, symmetric, zeros stay zeros; once on the grid, nothing moves any more."""
    from paretune.trainables.keras.framework import tf
    from paretune.trainables.keras.qat import quantized

    weight = np.random.default_rng(0).normal(size=(3, 3, 8, 5)).astype(np.float32)
    weight[..., 2] *= 100
    weight[0, 0] = 0
    weight[..., 4] = 0  # a channel that pruning has emptied
    snapped = quantized(tf.constant(weight), (0, 1, 2), bits).numpy()
    for channel in range(5):
        assert len(np.unique(snapped[..., channel])) <= levels
    assert (snapped[weight == 0] == 0).all()
    assert (np.sign(snapped) * np.sign(weight) >= 0).all()
    again = quantized(tf.constant(snapped), (0, 1, 2), bits).numpy()
    assert np.allclose(again, snapped, rtol=1e-6)


def test_an_update_reaches_the_exact_weights_behind_the_grid() -> None:
    """Straight through: what is added on the grid is added to the weight; pruned ones stay 0."""
    from paretune.trainables.keras.qat import QuantizationRule, quantized

    model = network("perceptron")
    exact = model.get_weights()[0]
    mask = np.abs(exact) > np.median(np.abs(exact))
    model.weights[0].assign(exact * mask)
    rule = QuantizationRule(model, {0: (0,)}, 4, {0: mask}, session())
    rule.begin(1)
    token = rule.enter(None)
    assert np.array_equal(model.get_weights()[0], quantized(model.weights[0], (0,), 4).numpy())
    model.weights[0].assign_add(np.full(exact.shape, 0.125, np.float32))
    rule.leave(token)
    assert np.allclose(model.get_weights()[0], (exact + 0.125) * mask, atol=1e-6)
