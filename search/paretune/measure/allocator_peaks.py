"""Peaks that the framework's own allocator kept, read inside the worker.

A framework reserves device memory ahead, so what NVML shows misleads; its allocator knows what was
really in use. Only a framework that the trial itself has imported is asked.
"""

from __future__ import annotations

import sys

_MIB = 2**20


def allocator_peaks_mib(devices: int) -> tuple[float, ...] | None:
    """Per leased GPU, the allocator's peak since the last reset; None where none can tell."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return tuple(torch.cuda.max_memory_allocated(i) / _MIB for i in range(devices))
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and _initialised(tensorflow):
        gpus = tensorflow.config.list_logical_devices("GPU")
        if gpus:
            info = tensorflow.config.experimental.get_memory_info
            return tuple(info(gpu.name.replace("/device:", ""))["peak"] / _MIB for gpu in gpus)
    return None


def reset_allocator_peaks() -> None:
    """Begin the allocators' peaks anew."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        for index in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(index)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and _initialised(tensorflow):
        for gpu in tensorflow.config.list_logical_devices("GPU"):
            tensorflow.config.experimental.reset_memory_stats(gpu.name.replace("/device:", ""))


def _initialised(tensorflow: object) -> bool:
    # Asking an untouched TensorFlow for its devices would initialise it, and with that the
    # thread pools, before the trainable has sized them.
    eager = sys.modules.get("tensorflow.python.eager.context")
    return eager is not None and bool(eager.context()._initialized)
