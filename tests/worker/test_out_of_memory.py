"""Errors of frameworks that mean out of memory are told from those that mean anything else.

The messages are the frameworks' own, shortened; the classes stand in for theirs.
"""

from __future__ import annotations

import errno

import numpy as np
import pytest
from paretune.trial.outcome import Status
from paretune.worker.out_of_memory import is_out_of_memory
from paretune.worker.trial_process import failure


class OpError(Exception):
    pass


class ResourceExhaustedError(OpError):
    """As tensorflow.errors has it."""


class InternalError(OpError):
    pass


class OutOfMemoryError(RuntimeError):
    """As torch has it."""


class XlaRuntimeError(RuntimeError):
    """As JAX has it."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


OUT_OF_MEMORY = [
    MemoryError(),
    np._core._exceptions._ArrayMemoryError((10**9, 10**9), np.dtype("float64")),  # type: ignore[attr-defined]
    ResourceExhaustedError("{{function_node __wrapped__}} OOM when allocating tensor with shape"),
    OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 MiB (GPU 0; 4.00 GiB total)"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("HIP out of memory. Tried to allocate 1024.00 MiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("std::bad_alloc"),
    InternalError("Failed to create cuBLAS handle: CUBLAS_STATUS_ALLOC_FAILED"),
    InternalError("Dst tensor is not initialized."),
    InternalError("first line\nfailed to allocate 1.2G: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
    XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934592 bytes."),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]
OTHER = [
    ValueError("learning rate is much too high"),
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"),
    InternalError("Blas GEMM launch failed"),
    XlaRuntimeError("INVALID_ARGUMENT: shapes do not match"),
    OSError(errno.ENOSPC, "No space left on device"),
    SystemExit("out of memory"),
    Unspeakable(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda e: f"{type(e).__name__}: {e}"[:50])
def test_frameworks_say_it_in_many_ways(error: BaseException) -> None:
    """Each of them ends the trial as out of memory, which the study learns from."""
    assert is_out_of_memory(error)
    assert failure(error)["status"] is Status.OUT_OF_MEMORY


@pytest.mark.parametrize("error", OTHER, ids=lambda e: type(e).__name__)
def test_other_errors_are_failures(error: BaseException) -> None:
    """An error of the GPU or of the disk is not the configuration's size."""
    assert not is_out_of_memory(error)
    assert failure(error)["status"] is Status.FAILED


def test_cause_counts() -> None:
    """A trainer that wraps what it catches says what it was raised from."""
    cause = OutOfMemoryError("CUDA out of memory.")
    with pytest.raises(ValueError, match="step 12") as caught:
        raise ValueError("training failed at step 12") from cause
    assert is_out_of_memory(caught.value)
