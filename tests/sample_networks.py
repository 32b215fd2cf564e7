"""Networks for `keras_model`: what users bring besides plain convolutions."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras
from tf_keras import layers


def batch_norm(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """Convolutions with batch normalisation, functional, logits."""
    inputs = layers.Input(input_shape)
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, strides=2, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    x = layers.Dense(24, activation="relu")(layers.Flatten()(x))
    return tf_keras.Model(inputs, layers.Dense(classes)(x))


def depthwise(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """Depthwise separable blocks, global pooling, softmax as a layer of its own."""
    inputs = layers.Input(input_shape)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    for filters in (16, 32):
        x = layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    x = layers.Dense(classes)(layers.Flatten()(x))
    return tf_keras.Model(inputs, layers.Softmax()(x))


def residual(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """A residual block with dropout and weight decay; `depth` blocks of it."""
    inputs = layers.Input(input_shape)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    for _ in range(params.get("depth", 1)):
        y = layers.Conv2D(
            8,
            3,
            padding="same",
            activation="relu",
            kernel_regularizer=tf_keras.regularizers.L2(1e-5),
        )(x)
        y = layers.Conv2D(8, 3, padding="same")(y)
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.1)(layers.Flatten()(x))
    return tf_keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def perceptron(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """No convolution at all."""
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Flatten(),
            layers.Rescaling(1 / 255),
            layers.Dense(32, activation="relu"),
            layers.Dense(classes),
        ]
    )


def volumetric(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """A 3-D convolution over a single plane."""
    inputs = layers.Input(input_shape)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Reshape((1, *input_shape))(x)
    x = layers.Conv3D(4, (1, 5, 5), strides=(1, 3, 3), activation="relu")(x)
    return tf_keras.Model(inputs, layers.Dense(classes)(layers.Flatten()(x)))


def inconvertible(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """An operation that .tflite does not have."""
    inputs = layers.Input(input_shape)
    x = layers.Flatten()(layers.Rescaling(1 / 512)(inputs))
    x = layers.Lambda(tf.math.erfinv)(x)
    return tf_keras.Model(inputs, layers.Dense(classes)(x))


def unbuilt(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """A Sequential without an Input."""
    return tf_keras.Sequential([layers.Flatten(), layers.Dense(classes)])


def wrong_outputs(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """One output too many."""
    return tf_keras.Sequential(
        [layers.Input(input_shape), layers.Flatten(), layers.Dense(classes + 1)]
    )


def no_model(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> int:
    """A number."""
    return classes


def mobile(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """MobileNetV2: 155 layers, 3.5 million parameters with 1,000 classes, 17 shapes of kernels."""
    network = tf_keras.applications.MobileNetV2(
        input_shape, weights=None, classes=classes, classifier_activation="softmax"
    )
    inputs = layers.Input(input_shape)
    return tf_keras.Model(inputs, network(layers.Rescaling(1 / 127.5, -1)(inputs)))


def wide(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """Ten million weights in two dense layers."""
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(3000, activation="relu"),
            layers.Dense(2500, activation="relu"),
            layers.Dense(classes),
        ]
    )


def table(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """Rows of numbers: no picture at all."""
    return tf_keras.Sequential(
        [layers.Input(input_shape), layers.Dense(16, activation="relu"), layers.Dense(classes)]
    )


def video(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    """A convolution over time and space."""
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Conv3D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(classes),
        ]
    )
