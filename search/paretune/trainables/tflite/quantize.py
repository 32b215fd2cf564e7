"""Narrower files from the float32 one: 16, 8, 4 and 2 bits, truly packed, and checked.

    16   float16 weights, dequantized by the interpreter
    8    int8 per channel, min-max; activations are quantized on the fly
    4    the same with packed int4, on the grid of least squared error
    2    packed int2, dequantized by the interpreter, whose integer convolutions cannot read it;
         the weights have to lie on their grid already: training must have seen it

The work is the ai-edge-quantizer's; it needs milliseconds where the converter needs a second.
Imports no framework.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from ai_edge_quantizer import qtyping, quantizer

from paretune.trainables.tflite import flatbuffer, grid
from paretune.trainables.tflite.conversion_error import ConversionError, reason

STORED_TYPE = {32: "FLOAT32", 16: "FLOAT16", 8: "INT8", 4: "INT4", 2: "INT2"}
_OP = qtyping.TFLOperationName
_WEIGHTED = (
    _OP.CONV_2D,
    _OP.DEPTHWISE_CONV_2D,
    _OP.CONV_2D_TRANSPOSE,
    _OP.FULLY_CONNECTED,
    _OP.EMBEDDING_LOOKUP,
)
# What the interpreter computes from packed integers; elsewhere it expands them to floats first.
_INTEGER_KERNELS = {
    *((8, operation) for operation in _WEIGHTED),
    (4, _OP.CONV_2D),
    (4, _OP.FULLY_CONNECTED),
}
_KEPT_ZEROS = 0.99  # of what pruning made; fewer means that the file undid it


@dataclass(frozen=True)
class Stored:
    """What a file stores its weights as."""

    types: tuple[str, ...]  # distinct, of all layers
    float_layers: tuple[str, ...]  # layers that stayed wider than asked


def quantize(float_file: bytes, bits: int, *, on_grid: bool) -> bytes:
    """The file with weights of `bits` (16, 8, 4, 2). Raises ConversionError.

    `on_grid`: the weights lie on the grid of so many bits already, and keep it.
    """
    if bits == 4 and not on_grid:
        float_file = flatbuffer.rewrite(float_file, lambda weights: grid.nearest(weights, 4))
    with _converter_errors(bits):
        tool = quantizer.Quantizer(float_file)
        for operation in _WEIGHTED:
            tool.update_quantization_recipe(
                regex=".*",
                operation_name=operation,
                op_config=_recipe(bits, expanded=(bits, operation) not in _INTEGER_KERNELS),
                algorithm_key="float_casting" if bits == 16 else "min_max_uniform_quantize",
            )
        return bytes(tool.quantize().quantized_model)


def _recipe(bits: int, *, expanded: bool) -> qtyping.OpQuantizationConfig:
    """`expanded`: to float32 before the operation, else computed in integers."""
    weights = (
        qtyping.TensorQuantizationConfig(bits, dtype=qtyping.TensorDataType.FLOAT)
        if bits == 16
        else qtyping.TensorQuantizationConfig(
            bits, granularity=qtyping.QuantGranularity.CHANNELWISE
        )
    )
    precision = qtyping.ComputePrecision
    return qtyping.OpQuantizationConfig(
        weight_tensor_config=weights,
        compute_precision=precision.FLOAT if expanded else precision.INTEGER,
        explicit_dequantize=expanded,
        # The quantizer's list of combinations leaves out some that the interpreter can run.
        skip_checks=expanded and bits < 16,
    )


def check(file: bytes, bits: int, *, zeros: int = 0) -> Stored:
    """What the file really stores.

    Raises ConversionError where no layer has the type that was asked for, or where fewer than
    99 % of the `zeros` that pruning made are left.
    """
    found = flatbuffer.Graph(file).kernels()
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
