"""Which weights of a network compression may touch."""

from __future__ import annotations

from typing import Any

import pytest
import sample_networks

pytestmark = pytest.mark.tensorflow


def network(name: str) -> Any:
    from paretune.trainables.keras.framework import seed_everything

    seed_everything(0)
    return getattr(sample_networks, name)((28, 28, 1), 10, {})


def layers_of(model: Any, *, prunable: bool) -> list[str]:
    from paretune.trainables.keras.network import kernels

    return [kernel.layer for kernel in kernels(model) if kernel.prunable == prunable]


def test_the_first_convolution_the_last_layer_and_depthwise_kernels_are_not_pruned() -> None:
    """Only what is large and between them is; every kernel is found, separable ones twice."""
    from paretune.trainables.keras.framework import tf_keras
    from paretune.trainables.keras.network import kernels

    model = network("depthwise")
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    assert [kinds[name] for name in layers_of(model, prunable=True)] == ["Conv2D", "Conv2D"]
    assert [kinds[name] for name in layers_of(model, prunable=False)] == [
        "Conv2D",
        "DepthwiseConv2D",
        "DepthwiseConv2D",
        "Dense",
    ]
    layers = tf_keras.layers
    separable = tf_keras.Sequential(
        [
            layers.Input((8, 8, 4)),
            layers.Dense(4),
            layers.SeparableConv2D(6, 3),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert [(kernel.shape, kernel.prunable) for kernel in kernels(separable)] == [
        ((4, 4), True),  # a first layer that is no convolution holds much
        ((3, 3, 4, 1), False),
        ((1, 1, 4, 6), True),
        ((216, 2), False),
    ]
