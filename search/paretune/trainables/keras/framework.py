"""TensorFlow, imported once in the warm parent of all trials. Importing this runs no operation.

A process that has run one owns threads that a fork does not inherit: its children hang. So the
parent only imports, and a child calls `configure` before its first operation.
"""

from __future__ import annotations

import os

# Read at import. Without the first, tf.keras is Keras 3, which tfmot cannot prune; the second
# gives the faster convolutions; the third silences what is no error.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ai_edge_litert.interpreter
import ai_edge_quantizer
import platformdirs
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras
from tensorflow.python.eager import context as eager

from paretune.errors import DeviceError
from paretune.measure.devices import CPU_KIND
from paretune.trainables import Context

tf.keras.layers  # noqa: B018 (legacy Keras is loaded lazily: load it here, not in every trial)


@dataclass(frozen=True)
class TrainingSession:
    """How this process computes: alone, or as replicas that share every batch."""

    strategy: Any | None  # tf.distribute.Strategy
    replicas: int
    on_gpu: bool = False

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Variables made inside are there once per replica."""
        with self.strategy.scope() if self.strategy is not None else contextlib.nullcontext():
            yield


def fork_safe() -> str | None:
    """Why a fork of this process would hang, or None."""
    if eager.context()._initialized:
        return "TensorFlow has run an operation in this process: fork before the first one"
    return None


def configure(context: Context, strategy: str = "auto") -> TrainingSession:
    """Bind this process to the trial's devices, once; later calls return the same session.

    `strategy`: "auto" replicates over several GPUs and uses several CPU cores as threads;
    "mirrored" replicates over CPU cores, too. Raises DeviceError where devices are missing.
    """
    if "session" not in context.scratch:
        context.scratch["session"] = _configure(context, strategy)
    session: TrainingSession = context.scratch["session"]
    return session


def _configure(context: Context, strategy: str) -> TrainingSession:
    on_cpu = context.device_kind == CPU_KIND
    count = len(context.devices)
    mirrored = count > 1 and (not on_cpu or strategy == "mirrored")
    fresh = fork_safe() is None
    names: list[str] | None = None
    if on_cpu:
        if fresh:  # an in-process trial takes the threads it finds
            tf.config.threading.set_intra_op_parallelism_threads(1 if mirrored else count)
            tf.config.threading.set_inter_op_parallelism_threads(count if mirrored else 1)
        if mirrored:
            names = _logical_cpus(count, fresh)
    else:
        begin_on_gpus(context.devices)
        names = [f"/gpu:{index}" for index in range(count)]
    tf.config.experimental.enable_op_determinism()
    if not mirrored:
        return TrainingSession(None, 1, on_gpu=not on_cpu)
    # NCCL has no CPU kernel; on GPUs the default reduction is the right one.
    reduction = tf.distribute.ReductionToOneDevice() if on_cpu else None
    replicated = tf.distribute.MirroredStrategy(names, cross_device_ops=reduction)
    return TrainingSession(replicated, count, on_gpu=not on_cpu)


def begin_on_gpus(devices: Sequence[str]) -> None:
    """Tell this process how to use its leased GPUs; what it can only be told before its first
    operation it may have been told. Raises DeviceError where TensorFlow sees fewer.
    """
    found = tf.config.list_physical_devices("GPU")
    if len(found) < len(devices):
        raise DeviceError(
            f"{len(devices)} GPUs are leased ({', '.join(devices)}), TensorFlow sees "
            f"{len(found)}; install its CUDA libraries (tensorflow[and-cuda])"
        )
    if fork_safe() is None:
        for gpu in found:
            tf.config.experimental.set_memory_growth(gpu, True)
        keep_compilations(compilations_of(found))
        tf.config.experimental.enable_op_determinism()


def _logical_cpus(count: int, fresh: bool) -> list[str]:
    if fresh:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count
        )
    found = len(tf.config.list_logical_devices("CPU"))
    if found < count:
        raise DeviceError(
            f"strategy = 'mirrored' on {count} CPU cores needs a process of its own: TensorFlow "
            f"has started with {found} logical devices already"
        )
    return [f"/cpu:{index}" for index in range(count)]


def compilations_of(gpus: Sequence[Any]) -> Path:
    """Where XLA's compilations for these GPUs lie: it takes one that it finds for its own, whatever
    kind of GPU and whichever TensorFlow that was made for.
    """
    details = tf.config.experimental.get_device_details
    kinds = sorted({str(details(gpu).get("device_name", "GPU")) for gpu in gpus})
    made_for = re.sub(r"[^\w.]+", "-", " ".join((f"tensorflow {tf.__version__}", *kinds)))
    return Path(platformdirs.user_cache_dir("paretune", appauthor=False), "xla", made_for)


def keep_compilations(folder: Path) -> bool:
    """Have this process find XLA's compilations in `folder`, and leave them for the next.

    Before the first operation. Returns False, and keeps nothing, where the folder cannot be written
    (each compilation would fail for it) or the user has TF_XLA_FLAGS of their own.
    """
    if "TF_XLA_FLAGS" in os.environ:
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    if not os.access(folder, os.W_OK):
        return False
    os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={folder}"
    return True


@contextlib.contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Layers built inside compute in `precision`, "float32" or "bfloat16", with float32 weights."""
    before = tf_keras.mixed_precision.global_policy()
    name = "float32" if precision == "float32" else f"mixed_{precision}"
    tf_keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        tf_keras.mixed_precision.set_global_policy(before)


def seed_everything(seed: int) -> None:
    """Forget earlier models and seed every generator: a stage begins the same wherever it runs."""
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(seed % 2**32)


__all__ = [
    "TrainingSession",
    "ai_edge_litert",
    "ai_edge_quantizer",
    "begin_on_gpus",
    "compilations_of",
    "computing_in",
    "configure",
    "fork_safe",
    "keep_compilations",
    "seed_everything",
    "tf",
    "tf_keras",
    "tfmot",
]
