"""The bundled convolutional network: that of the article behind this program, any width.

Three 3x3 convolutions of 32, 64, 64 filters, 2x2 max-pooling after each of the first two, dense
64, softmax. `width` scales all four; pixels are normalised inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from search.errors import DataError
from search.trainables import Params
from search.trainables.chain import chain
from search.trainables.data import load_once
from search.trainables.framework import tf_keras
from search.trainables.network import Architecture, Model
from search.trainables.settings import CnnSettings

_SMALLEST = 18  # pixels: what the third convolution needs to have one position


def build(input_shape: tuple[int, ...], classes: int, params: Params) -> Model:
    """The network for images of `input_shape`. Raises DataError for images that are too small."""
    if len(input_shape) != 3 or min(input_shape[:2]) < _SMALLEST:
        raise DataError(
            f"images have shape {input_shape}; this network needs (height, width, channels) of at "
            f'least {_SMALLEST}x{_SMALLEST}: use trainable = "keras" with a network of your own'
        )
    width = CnnSettings.parse(params).width
    layers = tf_keras.layers
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(scaled(32, width), 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(scaled(64, width), 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(scaled(64, width), 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(scaled(64, width), activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="cnn",
    )


def scaled(filters: int, width: float) -> int:
    """`width` x `filters`, in fours: vector units, and 2:4 pruning, take no fewer at a time."""
    return max(4, 4 * round(filters * width / 4))


def count(params: Params, table: Mapping[str, Any]) -> dict[str, float]:
    """Weights, multiply-adds of one image, and images of an epoch."""
    data = load_once(table)
    height, width, channels = data.input_shape
    share = CnnSettings.parse(params).width
    weights = work = 0
    for filters, pooled in ((32, True), (64, True), (64, False)):
        height, width = height - 2, width - 2
        kernel = 9 * channels * scaled(filters, share)
        weights += kernel + scaled(filters, share)
        work += kernel * height * width
        channels = scaled(filters, share)
        if pooled:
            height, width = height // 2, width // 2
    inputs = height * width * channels
    for units in (scaled(64, share), data.classes):
        weights += (inputs + 1) * units
        work += inputs * units
        inputs = units
    return {"parameters": weights, "multiply_adds": work, "examples": len(data.train.images)}


trainable = replace(
    chain("cnn", Architecture(build, CnnSettings.names(), pixels=True, repeatable=True)),
    count=count,
)
