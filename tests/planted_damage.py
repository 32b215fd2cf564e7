"""Pictures of a few shapes with noise, and every kind of damage planted among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

CLASSES, SIDE = 5, 16


def sound_pictures(
    count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:  # (n, 16, 16) uint8, (n,)
    """A bright bar whose angle tells the class; place, width, light and noise vary."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    angles = np.pi * labels / CLASSES + generator.normal(0, 0.08, count)
    shifts = generator.uniform(-2.5, 2.5, (count, 1, 1))
    widths = generator.uniform(1.2, 2.6, (count, 1, 1))
    light = generator.uniform(150, 250, (count, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    across = x * np.cos(angles)[:, None, None] + y * np.sin(angles)[:, None, None] - shifts
    along = np.hypot(x, y) < SIDE / 2 - 1.5
    bars = light * np.exp(-((across / widths) ** 2)) * along
    noise = generator.normal(0, 6, bars.shape)
    return np.clip(bars + noise, 0, 255).astype(np.uint8), labels


@dataclass(frozen=True)
class Planted:
    """The damaged set, and where each kind of damage lies: training rows."""

    path: Path
    rows: dict[str, np.ndarray]


def plant(path: Path, count: int = 3000) -> Planted:
    """A .npz file of float32 pictures (0 ... 255)."""
    generator = np.random.default_rng(5)
    images, y = sound_pictures(count, 1)
    test_images, y_test = sound_pictures(count // 6, 2)
    x, x_test = images.astype(np.float32), test_images.astype(np.float32)
    rest = generator.permutation(count)
    kinds = {
        "NaN and infinite values": 4,
        "labels out of range": 3,
        "missing labels": 3,
        "constant pictures": 5,
        "exact duplicates": 12,
        "near duplicates": 12,
        "contradicting labels": 4,
        "training rows in the test part": 10,
        "likely wrong labels": 30,
        "inverted pictures": 12,
    }
    rows, start = {}, 0
    for kind, number in kinds.items():
        rows[kind] = rest[start : start + number]
        start += number
    originals = rest[start : start + 40]
    x[rows["constant pictures"]] = generator.integers(0, 255, (5, 1, 1))
    x[rows["exact duplicates"]] = x[originals[:12]]
    y[rows["exact duplicates"]] = y[originals[:12]]
    noise = generator.integers(-3, 4, (12, SIDE, SIDE))
    x[rows["near duplicates"]] = np.clip(x[originals[12:24]] + noise, 0, 255)
    y[rows["near duplicates"]] = y[originals[12:24]]
    pairs = rows["contradicting labels"]
    x[pairs[2:]] = x[pairs[:2]]
    y[pairs[2:]] = (y[pairs[:2]] + 1) % CLASSES
    x[rows["training rows in the test part"]] = x_test[:10]
    y[rows["training rows in the test part"]] = y_test[:10]
    x[rows["inverted pictures"]] = 255 - x[rows["inverted pictures"]]
    wrong = rows["likely wrong labels"]
    y[wrong] = (y[wrong] + generator.integers(1, CLASSES, len(wrong))) % CLASSES
    sound = np.ones(count, bool)
    sound[np.concatenate(list(rows.values()))] = False
    sound[originals] = False
    leak = np.flatnonzero(sound & (y == 2))
    x[leak, 0, 15] = 255
    x[rows["NaN and infinite values"], 3, 3] = [np.nan, np.inf, -np.inf, np.nan]
    y[rows["labels out of range"]] = 255
    y[rows["missing labels"]] = -1
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return Planted(path, rows)
