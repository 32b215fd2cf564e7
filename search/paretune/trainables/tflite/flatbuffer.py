"""Reads a .tflite file for itself: which weights it holds, in which type, with how many zeros.

The interpreter will not tell (it reports 4-bit weights as int8), so the file's tables are read,
with LiteRT's own reader: it finds the constants that lie behind the tables, too, where the
quantizer puts those of 256 KiB and more. Imports no TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

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
    shape: tuple[int, ...]
    values: np.ndarray  # flat; integers as stored, before their scale
    prunable: bool  # of the kind that pruning touches (see network.kernels)

    @property
    def zeros(self) -> int:
        return self.values.size - int(np.count_nonzero(self.values))


class Graph:
    """The operators and constants of a .tflite file. What it returns are views of the file."""

    def __init__(self, file: bytes | bytearray) -> None:
        model = flatbuffer_utils.read_model_from_bytearray(memoryview(file))
        graph = model.subgraphs[0]
        self._buffers = model.buffers
        self._tensors = graph.tensors
        # Of each operator, in the order of execution: its name, inputs and outputs.
        self._operators: list[tuple[str, list[int], list[int]]] = [
            (
                _OPERATORS.get(
                    flatbuffer_utils.get_builtin_code_from_operator_code(
                        model.operatorCodes[operation.opcodeIndex]
                    ),
                    "CUSTOM",
                ),
                list(operation.inputs),
                list(operation.outputs),
            )
            for operation in graph.operators
        ]

    def kernels(self) -> list[StoredKernel]:
        """The weights of every layer, in the order of execution; shared ones once."""
        expanded: dict[int, int] = {}  # output of a DEQUANTIZE -> what is stored
        found: dict[int, tuple[str, str]] = {}
        for kind, inputs, outputs in self._operators:
            if kind == "DEQUANTIZE":
                expanded[outputs[0]] = inputs[0]
            position = _WEIGHT_INPUT.get(kind, len(inputs))
            if position >= len(inputs):
                continue
            tensor = expanded.get(inputs[position], inputs[position])
            if tensor >= 0 and self._constant(tensor) is not None:
                found.setdefault(tensor, (self._tensors[outputs[0]].name.decode(), kind))
        first, final = next(iter(found), None), next(reversed(found), None)
        return [
            self._kernel(
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

    def ends_in_softmax(self) -> bool:
        """Does the file return probabilities (else logits)?"""
        kinds = (kind for kind, _, _ in reversed(self._operators))
        last = next((kind for kind in kinds if kind not in ("QUANTIZE", "DEQUANTIZE")), None)
        return last == "SOFTMAX"

    def constants(self) -> set[int]:
        """Indices of the tensors whose values the file holds."""
        return {i for i in range(len(self._tensors)) if self._constant(i) is not None}

    def _constant(self, tensor: int) -> np.ndarray | None:
        data = self._buffers[self._tensors[tensor].buffer].data
        return np.frombuffer(data, np.uint8) if data is not None and len(data) else None

    def _kernel(self, tensor: int, *, name: str, kind: str, prunable: bool) -> StoredKernel:
        table = self._tensors[tensor]
        stored = _TYPES[table.type]
        raw = self._constant(tensor)
        assert raw is not None  # noqa: S101 (only constants are collected)
        shape = tuple(int(size) for size in table.shape)
        if stored in _PACKED:
            values = unpack(raw, _PACKED[stored], math.prod(shape))
        else:
            values = raw.view(_PLAIN[stored])[: math.prod(shape)]
        return StoredKernel(tensor, name, kind, stored, shape, values, prunable)


def rewrite(file: bytes, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    """The file with every float32 kernel w replaced by `change(w)`.

    `change` gets and returns (channels, n) float32, a row for each output channel.
    """
    content = bytearray(file)
    for kernel in Graph(content).kernels():
        if kernel.type != "FLOAT32":
            continue
        axis = -1 if kernel.operator == "DEPTHWISE_CONV_2D" else 0
        by_channel = np.moveaxis(kernel.values.reshape(kernel.shape), axis, 0)
        rows = np.ascontiguousarray(by_channel.reshape(len(by_channel), -1))
        by_channel[...] = change(rows).reshape(by_channel.shape)
    return bytes(content)


def unpack(
    raw: np.ndarray,  # (bytes,) uint8
    bits: int,
    count: int,
) -> np.ndarray:  # (count,) int8
    """Signed integers of 4 or 2 bits, lowest bits first, as TFLite packs them."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    codes = ((raw[:, None] >> shifts) & ((1 << bits) - 1)).ravel()[:count].astype(np.int8)
    return np.where(codes >= 1 << (bits - 1), codes - (1 << bits), codes).astype(np.int8)
