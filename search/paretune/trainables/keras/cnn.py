"""The bundled convolutional network: that of the article behind this program, any width.

Three 3x3 convolutions of 32, 64, 64 filters, 2x2 max-pooling after each of the first two, dense
64, softmax. `width` scales all four; pixels are normalised inside. With `stem` = "stride" the first
convolution is 5x5 and takes every second pixel instead of being pooled (Springenberg et al. 2015,
arXiv 1412.6806, section 2): that layer and its pooling are near half the time of a narrow network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paretune.data.dataset import Dataset, load_once
from paretune.errors import DataError
from paretune.trainables import Params
from paretune.trainables.keras.cnn_layers import convolutions, units
from paretune.trainables.keras.framework import tf_keras
from paretune.trainables.keras.keras_chain import chain
from paretune.trainables.keras.network import Architecture, Model
from paretune.trainables.settings import CnnSettings, TrainSettings

_SMALLEST = {"pool": 18, "stride": 19}  # pixels, so that the third convolution has one position


def build(input_shape: tuple[int, ...], classes: int, params: Params) -> Model:
    """The network for images of `input_shape`. Raises DataError for images that are too small."""
    settings = CnnSettings.parse(params)
    _check_shape(input_shape, _SMALLEST[settings.stem])
    layers = tf_keras.layers
    body = []
    for each in convolutions(settings):
        body.append(
            layers.Conv2D(each.filters, each.kernel, strides=each.stride, activation="relu")
        )
        if each.pooled:
            body.append(layers.MaxPooling2D(2))
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            *body,
            layers.Flatten(),
            layers.Dense(units(settings), activation="relu"),
            layers.Dense(classes, activation="softmax", dtype="float32"),  # whatever the others
        ],
        name="cnn",
    )


def accepts(data: Dataset) -> None:
    """Raises DataError for data that this network takes with no parameters whatever."""
    _check_shape(data.input_shape, min(_SMALLEST.values()))
    largest = data.train.images.max()
    if largest <= 1:
        raise DataError(
            f"images reach only {largest:g}; this network takes pixels of 0..255: multiply by 255"
        )


def _check_shape(shape: tuple[int, ...], least: int) -> None:
    if len(shape) != 3 or min(shape[:2]) < least:
        raise DataError(
            f"images have shape {shape}; this network needs (height, width, channels) of at "
            f'least {least}x{least}: use trainable = "keras" with a network of your own'
        )


def count(params: Params, table: Mapping[str, Any]) -> dict[str, float]:
    """Weights, multiply-adds of one image, and images of an epoch."""
    data = load_once(table)
    height, width, channels = data.input_shape
    settings = CnnSettings.parse(params)
    weights = work = 0
    for each in convolutions(settings):
        height, width = ((side - each.kernel) // each.stride + 1 for side in (height, width))
        kernel = each.kernel**2 * channels * each.filters
        weights += kernel + each.filters
        work += kernel * height * width
        channels = each.filters
        if each.pooled:
            height, width = height // 2, width // 2
    inputs = height * width * channels
    for outputs in (units(settings), data.classes):
        weights += (inputs + 1) * outputs
        work += inputs * outputs
        inputs = outputs
    examples = len(data.train) * TrainSettings.parse(params).data_fraction
    return {"parameters": weights, "multiply_adds": work, "examples": examples}


trainable = replace(
    chain("cnn", Architecture(build, CnnSettings.names(), repeatable=True, accepts=accepts)),
    count=count,
)
