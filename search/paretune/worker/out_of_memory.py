"""Every way in which frameworks, CUDA and Python say that there is no memory left.

Named, not imported: the trial's framework decides which of these exist.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

_NAMES = {
    "MemoryError",  # Python's, and NumPy's _ArrayMemoryError
    "ResourceExhaustedError",  # TensorFlow
    "OutOfMemoryError",  # PyTorch: torch.OutOfMemoryError, torch.cuda.OutOfMemoryError
    "OutOfMemoryException",
}
# In messages of errors that may mean anything: RuntimeError of PyTorch, InternalError of
# TensorFlow, XlaRuntimeError and JaxRuntimeError of JAX.
_WORDS = (
    "out of memory",  # "CUDA out of memory", "CUDA error: out of memory", "HIP out of memory"
    "CUDA_ERROR_OUT_OF_MEMORY",
    "cudaErrorMemoryAllocation",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
    "CUSOLVER_STATUS_ALLOC_FAILED",
    "CUSPARSE_STATUS_ALLOC_FAILED",
    "RESOURCE_EXHAUSTED",
    "OOM when allocating tensor",
    "Dst tensor is not initialized",  # TensorFlow, where a copy to the GPU found no room
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "std::bad_alloc",
)
_LOOKED_AT = 20_000  # characters of a message


def is_out_of_memory(error: BaseException) -> bool:
    """Does the error, or one that it was explicitly raised from, say so? Never raises."""
    return any(map(_says_so, _with_causes(error)))


def _says_so(error: BaseException) -> bool:
    names = {base.__name__ for base in type(error).__mro__}
    if names & _NAMES:
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if not isinstance(error, Exception):  # SystemExit: its message is the user's own
        return False
    try:
        text = str(error)[:_LOOKED_AT].lower()
    except Exception:  # a user's exception may fail even at this
        return False
    return any(words.lower() in text for words in _WORDS)


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__
