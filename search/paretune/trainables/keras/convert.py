"""From the Keras network to a float32 .tflite file. Every narrower file is derived from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from paretune.trainables.keras.framework import tf
from paretune.trainables.keras.network import Model
from paretune.trainables.tflite.conversion_error import ConversionError, reason


def to_float_file(model: Model) -> bytes:
    """The network as a .tflite file: float32 in and out, (batch, *input_shape), batch resizable.

    From a concrete function and the bare weights: given the Keras model, the converter exports
    every layer's functions as well, at three times the cost and for the same bytes.
    """
    return _run(_converter(model))


def to_integer_file(
    model: Model,
    images: np.ndarray,  # (n, *input_shape) of the training data
) -> bytes:
    """The network in 8-bit integers throughout, weights and activations (Jacob et al. 2018).

    The ranges of activations are those of `images`. Input and output are uint8 where the images
    are, so that a device needs no floats; else they stay float32.
    """
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if images.dtype == np.uint8:
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return _run(converter)


def _converter(model: Model) -> Any:
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")

    @tf.function(autograph=False, input_signature=[spec])  # type: ignore[untyped-decorator]
    def infer(images: Any) -> Any:
        return model(images, training=False)

    weights = tf.Module()
    weights.held = list(model.variables)
    return tf.lite.TFLiteConverter.from_concrete_functions([infer.get_concrete_function()], weights)


def _run(converter: Any) -> bytes:
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter raises types of its own, and plain ones
        raise ConversionError(f"conversion to .tflite failed: {reason(error)}") from error


def calibration_sample(images: np.ndarray, seed: int, count: int = 200) -> np.ndarray:
    """A fixed sample of the training images, for the ranges of activations."""
    chosen = np.random.default_rng(seed).permutation(len(images))[:count]
    return images[np.sort(chosen)]
