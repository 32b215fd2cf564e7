"""The file's own figures: accuracy, loss, latency, memory and size, from the interpreter.

Imports no TensorFlow: what is measured here is what a device would run.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from paretune.data.split import Split
from paretune.errors import TrainableError
from paretune.trainables.tflite import flatbuffer

_LARGEST_BATCH = 200
_LARGEST_TENSOR = 64 << 20  # bytes of one layer's output for a whole batch; several live at once
_WARM_RUNS = 10
_WARM_SECONDS = 0.5
_FEWEST_RUNS = 5
_TIMED_SECONDS = 0.05  # hundreds of runs of a small network; four times as long repeats no better
_MANY_WEIGHTS = 1_000_000
# By the number of weights, not of bytes: all files of one network are compressed alike. Of ten
# million weights the slower level takes 34 seconds for 4 % less, the quicker one 1.5.
_ZSTD_LEVEL, _ZSTD_LEVEL_OF_MANY = 19, 9
_SMALLEST_PROBABILITY = 1e-7  # as Keras clips; an 8-bit output has exact zeros


@dataclass(frozen=True)
class FileScore:
    """How well a file predicts one split."""

    accuracy: float
    loss: float  # mean cross-entropy, nats
    images: int


class File:
    """A .tflite classifier, ready to be asked. Raises TrainableError if it is none."""

    def __init__(self, content: bytes, *, threads: int = 1, delegates: bool = True) -> None:
        resolver = (
            OpResolverType.AUTO if delegates else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        )
        try:
            self.interpreter = Interpreter(
                model_content=content,
                num_threads=threads,
                experimental_op_resolver_type=resolver,
            )
            self.interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise TrainableError(f"the interpreter refuses the file: {error}") from error
        (self._input,) = self.interpreter.get_input_details()
        (self._output,) = self.interpreter.get_output_details()
        graph = flatbuffer.Graph(content)
        self._constants = graph.constants()
        self._probabilities = graph.ends_in_softmax()

    def predict(
        self,
        images: np.ndarray,  # (n, *input_shape) raw values
    ) -> np.ndarray:  # (n, classes) float32 probabilities or logits
        """One run of the interpreter on a batch of any size."""
        shape = (len(images), *images.shape[1:])
        if tuple(self._input["shape"]) != shape:
            self.interpreter.resize_tensor_input(self._input["index"], shape)
            self.interpreter.allocate_tensors()
            (self._input,) = self.interpreter.get_input_details()
        self.interpreter.set_tensor(self._input["index"], images.astype(self._input["dtype"]))
        self.interpreter.invoke()
        outputs = self.interpreter.get_tensor(self._output["index"])
        if outputs.dtype != np.float32:
            scale, zero = self._output["quantization"]
            outputs = (outputs.astype(np.float32) - zero) * scale
        return np.asarray(outputs)

    def score(self, split: Split) -> FileScore:
        """Accuracy and loss on every image of `split`."""
        hits, loss = 0, 0.0
        batch = self.batch_size()
        for start in range(0, len(split), batch):
            chosen = slice(start, start + batch)
            outputs, labels = self.predict(split.images[chosen]), split.labels[chosen]
            hits += int((outputs.argmax(axis=1) == labels).sum())
            loss += float(self._losses(outputs, labels).sum())
        return FileScore(hits / len(split), loss / len(split), len(split))

    def batch_size(self) -> int:
        """Images a run: as many as leave the largest layer's output within bounds.

        One where the file's batch is fixed.
        """
        largest = max(
            (
                int(np.prod(np.abs(detail["shape_signature"]))) * np.dtype(detail["dtype"]).itemsize
                for detail in [self._input, *self.interpreter.get_tensor_details()]
                if -1 in detail["shape_signature"]
            ),
            default=_LARGEST_TENSOR,
        )
        return min(max(_LARGEST_TENSOR // largest, 1), _LARGEST_BATCH)

    def _losses(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        rows = np.arange(len(labels))
        if self._probabilities:
            return np.asarray(-np.log(np.maximum(outputs[rows, labels], _SMALLEST_PROBABILITY)))
        highest = outputs.max(axis=1)
        total = np.log(np.exp(outputs - highest[:, None]).sum(axis=1)) + highest
        return np.asarray(total - outputs[rows, labels])

    def arena_kib(self) -> float:
        """Memory that one inference writes, in the layout the interpreter's planner has chosen.

        Tensors that share bytes count once. Only without delegates: these keep tensors of their
        own where nobody can see them.
        """
        spans: list[tuple[int, int]] = []
        for detail in self.interpreter.get_tensor_details():
            if detail["index"] in self._constants:
                continue
            with contextlib.suppress(ValueError):  # a tensor that no kernel needs has no memory
                view = self.interpreter.tensor(detail["index"])()
                start = view.__array_interface__["data"][0]
                spans.append((start, start + view.nbytes))
        total, reached = 0, 0
        for start, end in sorted(spans):
            total += max(end - max(start, reached), 0)
            reached = max(reached, end)
        return total / 1024


def latency_ms(
    content: bytes, image: np.ndarray, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Median milliseconds of one inference of one image on one thread, warm."""
    file = File(content)
    batch = image[None]
    begin = clock()
    for _ in range(_WARM_RUNS):
        file.predict(batch)
        if clock() - begin > _WARM_SECONDS:
            break
    interpreter = file.interpreter
    times: list[float] = []
    begin = clock()
    while len(times) < _FEWEST_RUNS or clock() - begin < _TIMED_SECONDS:
        start = clock()
        interpreter.invoke()
        times.append(clock() - start)
    return 1000 * statistics.median(times)


def arena_kib(content: bytes, image: np.ndarray) -> float:
    """KiB that the inference of one image writes (`File.arena_kib`)."""
    file = File(content, delegates=False)
    file.predict(image[None])  # some kernels lay out their scratch only when they run
    return file.arena_kib()


def sizes_kib(
    content: bytes,
    weights: int,  # that it stores
) -> dict[str, float]:
    """What is shipped, as it is and compressed: only there do zeros save anything."""
    level = _ZSTD_LEVEL if weights <= _MANY_WEIGHTS else _ZSTD_LEVEL_OF_MANY
    compressed = zstandard.ZstdCompressor(level=level).compress(content)
    return {
        "model_kib": len(content) / 1024,
        "model_kib_compressed": len(compressed) / 1024,
    }


def sparsity(kernels: Sequence[flatbuffer.StoredKernel]) -> float:
    """Share of exact zeros among the weights that pruning may touch, as stored in the file."""
    prunable = [kernel for kernel in kernels if kernel.prunable]
    count = sum(kernel.values.size for kernel in prunable)
    return sum(kernel.zeros for kernel in prunable) / count if count else 0.0


def figures(content: bytes, split: Split, threads: int) -> dict[str, Any]:
    """Every metric that the file itself decides."""
    score = File(content, threads=threads).score(split)
    kernels = flatbuffer.Graph(content).kernels()
    return {
        "accuracy": score.accuracy,
        "loss": score.loss,
        **sizes_kib(content, sum(kernel.values.size for kernel in kernels)),
        "latency_ms": latency_ms(content, split.images[0]),
        "inference_memory_kib": arena_kib(content, split.images[0]),
        "sparsity_reached": sparsity(kernels),
    }
