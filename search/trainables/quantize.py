"""Narrower files from the float32 one: 16, 8, 4 and 2 bits, truly packed, and checked.

    16   float16 weights, dequantized by the interpreter
    8    int8 per channel, activations quantized on the fly (aeq dynamic range, min-max)
    4    the same with packed int4; scales by least squared error, worth 0.2 points
    2    packed int2; needs quantization-aware training to mean anything

`activations = "int8"` is integers throughout (Jacob et al. 2018), calibrated on training images.
aeq is the ai-edge-quantizer; it needs milliseconds where the converter needs a second.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ai_edge_quantizer import qtyping, quantizer

from search.trainables import flatbuffer
from search.trainables.convert import ConversionError, reason

STORED_TYPE = {32: "FLOAT32", 16: "FLOAT16", 8: "INT8", 4: "INT4", 2: "INT2"}
_KEPT_ZEROS = 0.99  # of what pruning made; fewer means that the file undid it


@dataclass(frozen=True)
class Stored:
    """What a file stores its weights as."""

    types: tuple[str, ...]  # distinct, of all layers
    float_layers: tuple[str, ...]  # layers that stayed wider than asked


def quantize(float_file: bytes, bits: int, *, on_grid: bool = False) -> bytes:
    """The file with weights of `bits` (16, 8, 4, 2). Raises ConversionError.

    `on_grid`: the weights lie on a min-max grid already, which no other scale may disturb.
    """
    tool = quantizer.Quantizer(float_file)
    if bits == 16:
        algorithm = "float_casting"
        weights = qtyping.TensorQuantizationConfig(16, dtype=qtyping.TensorDataType.FLOAT)
        config = qtyping.OpQuantizationConfig(
            weight_tensor_config=weights,
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        )
    else:
        algorithm = "MSE" if bits == 4 and not on_grid else "min_max_uniform_quantize"
        config = qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(
                bits, granularity=qtyping.QuantGranularity.CHANNELWISE
            ),
            compute_precision=qtyping.ComputePrecision.INTEGER,
        )
    with _converter_errors(bits):
        tool.update_quantization_recipe(
            regex=".*",
            operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
            op_config=config,
            algorithm_key=algorithm,
        )
        return bytes(tool.quantize().quantized_model)


def check(file: bytes, bits: int, *, zeros: int = 0) -> Stored:
    """What the file really stores.

    Raises ConversionError where no layer has the type that was asked for, or where fewer than
    99 % of the `zeros` that pruning made are left.
    """
    found = flatbuffer.kernels(file)
    wanted = STORED_TYPE[bits]
    others = tuple(kernel.name for kernel in found if kernel.type != wanted)
    if len(others) == len(found):
        types = sorted({kernel.type for kernel in found})
        raise ConversionError(
            f"{bits}-bit weights were asked for, but the file stores {', '.join(types) or 'none'}"
        )
    kept = sum(kernel.zeros for kernel in found)
    if kept < _KEPT_ZEROS * zeros:
        raise ConversionError(f"of {zeros} pruned weights only {kept} are zero in the file")
    return Stored(tuple(sorted({kernel.type for kernel in found})), others)


@contextlib.contextmanager
def _converter_errors(bits: int) -> Iterator[None]:
    """The quantizer prints its progress, and raises whatever it meets."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except Exception as error:
        raise ConversionError(f"quantization to {bits} bits failed: {reason(error)}") from error


def calibration_batch(images: np.ndarray, seed: int, count: int = 200) -> np.ndarray:
    """A fixed sample of training images for the ranges of activations."""
    chosen = np.random.default_rng(seed).permutation(len(images))[:count]
    return images[np.sort(chosen)]
