"""Made-up trials whose costs follow known laws, to hold the predictor against."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from paretune.measure import Measurement
from paretune.space.search_space import Space
from paretune.trial.prediction import Observation

CNN = Space.load("cnn", Path.cwd())


def configuration(rng: np.random.Generator) -> dict[str, object]:
    """A random point of the bundled CNN's space, as a study would propose it."""
    point: dict[str, object] = {
        "optimizer": str(rng.choice(["adam", "sgd"])),
        "learning_rate": float(10 ** rng.uniform(-4, -1)),
        "batch_size": int(2 ** rng.uniform(5, 9)),
        "gpu_count": int(rng.integers(1, 3)),
        "epochs": int(rng.integers(1, 9)),
        "width": float(rng.integers(2, 9) / 8),
        "stem": "pool",
        "schedule": str(rng.choice(["constant", "cosine"])),
        "sparsity": float(rng.choice([0.0, 0.0, 0.5, 0.9])),
        "bits": int(rng.choice([32, 16, 8, 4])),
    }
    if point["optimizer"] == "sgd":
        point["momentum"] = float(rng.uniform(0, 0.99))
    return point


def seconds(point: dict[str, object]) -> dict[str, float]:
    """GPU-seconds of each phase: a cold start, then so much an epoch; conversion is a constant."""
    an_epoch = 2.0 * point["width"] ** 1.3 * (point["batch_size"] / 128) ** -0.2
    an_epoch *= point["gpu_count"] ** 0.4
    phases = {"train": (point["epochs"] + 1.0) * an_epoch, "convert": 1.2 * point["gpu_count"]}
    if point["sparsity"] > 0:
        phases["prune"] = (math.ceil(point["epochs"] / 2) + 1.0) * an_epoch
    if point["bits"] < 32:
        phases["quantize"] = 0.05 * point["gpu_count"]
    return phases


def memory(point: dict[str, object]) -> float:
    """MiB: rises with the batch and the network."""
    return 90 + 0.6 * point["batch_size"] * point["width"]


def parameters(point: dict[str, object]) -> int:
    """Weights of the network."""
    return round(93_322 * point["width"] ** 1.8)


def kib(point: dict[str, object]) -> float:
    """KiB of the file."""
    return 5.0 + parameters(point) * point["bits"] / 8 / 1024


def observed(
    point: dict[str, object], number: int, rng: np.random.Generator, noise: float = 0.03
) -> Observation:
    """The trial as it would have been measured."""
    ran = {
        name: Measurement(gpu_seconds=value * math.exp(noise * rng.standard_normal()))
        for name, value in seconds(point).items()
    }
    ran |= {
        "start": Measurement(gpu_seconds=0.2 * point["gpu_count"]),
        "setup": Measurement(gpu_seconds=0.8 * point["gpu_count"]),
    }
    figures = {"peak_memory_mib": memory(point), "model_kib": kib(point)}
    return Observation.of(point, ran=ran, reused={}, figures=figures, order=number)


def trials(n: int, seed: int = 0, noise: float = 0.03) -> list[Observation]:
    """`n` trials, one after the other."""
    rng = np.random.default_rng(seed)
    return [observed(configuration(rng), number, rng, noise) for number in range(n)]
