"""Reads a .tflite file for itself: which weights it holds, in which type, with how many zeros.

The interpreter will not tell (it reports 4-bit weights as int8), so the file's tables are read
with LiteRT's own schema. Imports no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {code: name for name, code in vars(schema.TensorType).items() if not name.startswith("_")}
_OPERATORS = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}
# Operators with trained weights: which input holds them.
_WEIGHT_INPUT = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 1,
    "FULLY_CONNECTED": 1,
    "TRANSPOSE_CONV": 1,
    "CONV_3D": 1,
    "EMBEDDING_LOOKUP": 1,
    "BATCH_MATMUL": 1,
}
_PACKED = {"INT4": 4, "INT2": 2}
_PLAIN = {
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "FLOAT64": np.float64,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "INT32": np.int32,
}


@dataclass(frozen=True)
class StoredKernel:
    """One layer's weights as they lie in the file."""

    tensor: int  # its index
    name: str
    operator: str  # CONV_2D, FULLY_CONNECTED, ...
    type: str  # FLOAT32, FLOAT16, INT8, INT4, INT2
    values: np.ndarray  # flat; integers as stored, before their scale
    prunable: bool  # of the kind that pruning touches (see network.kernels)

    @property
    def zeros(self) -> int:
        return int((self.values == 0).sum())


def kernels(file: bytes) -> list[StoredKernel]:
    """The weights of every layer, in the order of execution; shared ones once."""
    model = schema.Model.GetRootAs(file, 0)
    graph = model.Subgraphs(0)
    codes = [
        max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        for code in (model.OperatorCodes(i) for i in range(model.OperatorCodesLength()))
    ]
    origin = {}  # tensor -> operator and its first input, to look through a DEQUANTIZE
    found: dict[int, tuple[str, str]] = {}
    for position in range(graph.OperatorsLength()):
        operation = graph.Operators(position)
        kind = _OPERATORS.get(codes[operation.OpcodeIndex()], "CUSTOM")
        for output in range(operation.OutputsLength()):
            origin[operation.Outputs(output)] = (kind, operation.Inputs(0))
        if kind not in _WEIGHT_INPUT or operation.InputsLength() <= _WEIGHT_INPUT[kind]:
            continue
        tensor = operation.Inputs(_WEIGHT_INPUT[kind])
        name = graph.Tensors(operation.Outputs(0)).Name().decode()
        if origin.get(tensor, ("",))[0] == "DEQUANTIZE":
            tensor = origin[tensor][1]
        if tensor >= 0 and _constant(model, graph, tensor) is not None:
            found.setdefault(tensor, (name, kind))
    first, final = next(iter(found), None), next(reversed(found), None)
    return [
        _kernel(
            model,
            graph,
            tensor,
            name=name,
            kind=kind,
            prunable=not (
                tensor == final
                or kind == "DEPTHWISE_CONV_2D"
                or (tensor == first and kind == "CONV_2D")
            ),
        )
        for tensor, (name, kind) in found.items()
    ]


def ends_in_softmax(file: bytes) -> bool:
    """Does the file return probabilities (else logits)?"""
    model = schema.Model.GetRootAs(file, 0)
    graph = model.Subgraphs(0)
    for position in reversed(range(graph.OperatorsLength())):
        code = model.OperatorCodes(graph.Operators(position).OpcodeIndex())
        kind = _OPERATORS.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "CUSTOM")
        if kind not in ("QUANTIZE", "DEQUANTIZE"):
            return bool(kind == "SOFTMAX")
    return False


def rewrite(file: bytes, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    """The file with every float32 kernel w replaced by `change(w)`, in place.

    `change` gets and returns (channels, n) float32, a row for each output channel.
    """
    content = bytearray(file)
    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    for kernel in kernels(file):
        table = graph.Tensors(kernel.tensor)
        if kernel.type != "FLOAT32":
            continue
        stored = model.Buffers(table.Buffer()).DataAsNumpy().view(np.float32)
        axis = -1 if kernel.operator == "DEPTHWISE_CONV_2D" else 0
        by_channel = np.moveaxis(stored.reshape(table.ShapeAsNumpy()), axis, 0)
        rows = np.ascontiguousarray(by_channel.reshape(len(by_channel), -1))
        by_channel[...] = change(rows).reshape(by_channel.shape)
    return bytes(content)


def constants(file: bytes) -> set[int]:
    """Indices of the tensors whose values the file holds."""
    model = schema.Model.GetRootAs(file, 0)
    graph = model.Subgraphs(0)
    return {i for i in range(graph.TensorsLength()) if _constant(model, graph, i) is not None}


def _constant(model: schema.Model, graph: schema.SubGraph, tensor: int) -> np.ndarray | None:
    data = model.Buffers(graph.Tensors(tensor).Buffer())
    return np.asarray(data.DataAsNumpy()) if data.DataLength() else None


def _kernel(
    model: schema.Model,
    graph: schema.SubGraph,
    tensor: int,
    *,
    name: str,
    kind: str,
    prunable: bool,
) -> StoredKernel:
    table = graph.Tensors(tensor)
    stored = _TYPES[table.Type()]
    raw = _constant(model, graph, tensor)
    assert raw is not None  # noqa: S101 (only constants are collected)
    count = int(np.prod(table.ShapeAsNumpy())) if table.ShapeLength() else 1
    if stored in _PACKED:
        values = unpack(raw, _PACKED[stored], count)
    else:
        values = np.frombuffer(raw.tobytes(), dtype=_PLAIN[stored])[:count]
    return StoredKernel(tensor, name, kind, stored, values, prunable)


def unpack(
    raw: np.ndarray,  # (bytes,) uint8
    bits: int,
    count: int,
) -> np.ndarray:  # (count,) int8
    """Signed integers of 4 or 2 bits, lowest bits first, as TFLite packs them."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    codes = ((raw[:, None] >> shifts) & ((1 << bits) - 1)).ravel()[:count].astype(np.int8)
    return np.where(codes >= 1 << (bits - 1), codes - (1 << bits), codes).astype(np.int8)
