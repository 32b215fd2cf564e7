"""From the Keras network to a float32 .tflite file. Every narrower file is derived from it."""

from __future__ import annotations

from typing import Any

from search.trainables.framework import tf
from search.trainables.network import Model


class ConversionError(Exception):
    """A network that cannot become a file. The first line is the converter's reason."""


def to_float_file(model: Model) -> bytes:
    """The network as a .tflite file: float32 in and out, (batch, *input_shape), batch resizable.

    From a concrete function, at half the cost of the converter's way through a SavedModel.
    """
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")

    @tf.function(autograph=False, input_signature=[spec])  # type: ignore[untyped-decorator]
    def infer(images: Any) -> Any:
        return model(images, training=False)

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [infer.get_concrete_function()], model
    )
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter raises types of its own, and plain ones
        raise ConversionError(f"conversion to .tflite failed: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """The line of a converter's message that says what is wrong, at most 250 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower()] or lines
    return telling[0][:250] if telling else type(error).__name__
