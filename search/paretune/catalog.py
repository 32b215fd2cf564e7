"""What is bundled, as plain data: the engine knows it without importing a framework."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from paretune.extras import require_extra
from paretune.trial.outcome import DOLLARS, MEASURED


@dataclass(frozen=True)
class BundledTrainable:
    """A trainable of ours: where its code is, what its worker imports once, what it reports."""

    target: str  # "module:attribute"
    preload: tuple[str, ...]
    metrics: tuple[str, ...]
    extra: str  # of the package: what it needs
    # "module:function" that writes a training script without this package, framework not imported.
    script: str


_KERAS_METRICS = (
    "accuracy",
    "loss",
    "model_kib",
    "model_kib_compressed",
    "latency_ms",
    "inference_memory_kib",
    "sparsity_reached",
    "parameters",
)
_KERAS_PRELOAD = ("paretune.trainables.keras.framework",)
_KERAS_SCRIPT = "paretune.trainables.keras.script.train_script:train_script"

TRAINABLES = {
    "cnn": BundledTrainable(
        "paretune.trainables.keras.cnn:trainable",
        _KERAS_PRELOAD,
        _KERAS_METRICS,
        "keras",
        _KERAS_SCRIPT,
    ),
    "keras": BundledTrainable(
        "paretune.trainables.keras.any_network:trainable",
        _KERAS_PRELOAD,
        _KERAS_METRICS,
        "keras",
        _KERAS_SCRIPT,
    ),
}

DATA_SOURCES = ("digits", "mnist", "fashion_mnist", "cifar10")

# What the bundled trainables read; anything else in these tables of a study file is a mistake.
TRAIN_KEYS = (
    "optimizer",
    "learning_rate",
    "momentum",
    "batch_size",
    "gpu_count",
    "width",
    "stem",
    "epochs",
    "data_fraction",
    "schedule",
    "warmup",
    "decay_epochs",
    "sparsity",
    "pruning_schedule",
    "pruning_begin",
    "pruning_end",
    "pruning_structure",
    "prune_epochs",
    "bits",
    "quantization",
    "qat_epochs",
    "activations",
    "strategy",
    "precision",
    "keras_model",
)
DATA_KEYS = (
    "source",
    "validation",
    "test",
    "limit",
    "clean",
    "seed",
    "label",
    "columns",
    "group",
    "sha256",
)

SAMPLERS = ("cost_aware", "tpe", "nsgaii", "nsgaiii", "gp", "random", "qmc")
STOPPERS = ("front", "none")


def require_trainable(name: str) -> None:
    """Raise MissingExtraError where a bundled trainable's framework is not installed."""
    if name in TRAINABLES:
        require_extra(TRAINABLES[name].extra, f'trainable "{name}"')


def bundled_folder(kind: str) -> Path:
    """`kind` is "spaces" or "studies": beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    inside = package / "bundled" / kind
    return inside if inside.is_dir() else package.parents[1] / kind


__all__ = [
    "DATA_KEYS",
    "DATA_SOURCES",
    "DOLLARS",
    "MEASURED",
    "SAMPLERS",
    "STOPPERS",
    "TRAINABLES",
    "TRAIN_KEYS",
    "BundledTrainable",
    "bundled_folder",
    "require_trainable",
]
