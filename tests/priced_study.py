"""A study of trials of known cost, each with what was predicted; nothing is trained."""

from __future__ import annotations

import math
from pathlib import Path

import fabricated
from fabricated import Made
from paretune.trial.prediction import Basis, Estimate, Prediction

GRID = [
    (8, 1.0, 32), (1, 0.25, 4), (4, 0.5, 8), (2, 1.0, 16), (6, 0.25, 32), (3, 0.75, 4),
    (5, 1.0, 8), (2, 0.5, 32), (7, 0.5, 4), (1, 1.0, 4), (4, 0.25, 16), (6, 0.75, 8),
]  # fmt: skip
PRICES = {"cpu-core": 0.36, "egress_gib": 0.09}


def seconds(epochs: int, width: float) -> float:
    return epochs * (0.5 + 2.0 * width)


def made(position: int, epochs: int, width: float, bits: int) -> Made:
    expected = Estimate(math.log(1.1 * seconds(epochs, width)), 0.1 if position % 2 else 0.01)
    learned = Prediction(
        {"gpu_seconds": expected}, Basis.LEARNED if position > 1 else Basis.GUESSED, 9
    )
    return Made(
        accuracy=0.9 + 0.02 * width + 0.005 * epochs,
        seconds=seconds(epochs, width),
        memory=80 + 40 * width,
        kib=5 + 365 * width**2 * bits / 32,
        params={"epochs": epochs, "width": width, "bits": bits},
        prediction=learned.to_json(),
    )


def priced_study(folder: Path) -> str:
    """Make the study "digits" in `folder`; returns the storage's URL."""
    url = f"sqlite:///{folder / 'studies.db'}"
    trials = [made(position, *point) for position, point in enumerate(GRID)]
    fabricated.fabricate(url, folder, trials, prices=PRICES)
    return url
