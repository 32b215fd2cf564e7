"""Rows as features for tests of likeness: few enough for memory, small enough to compare.

n  rows looked at, at most MOST_ROWS    d  features, at most 196    k  components, at most 40
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paretune.data.split import Split

MOST_ROWS = 100_000
_SIDE = 14  # pictures are compared as means of 14 x 14 fields
_MOST_FEATURES = 196
_COMPONENTS = 40
_COVARIANCE_ROWS = 20_000
_BLOCK_VALUES = 1 << 23


@dataclass(frozen=True)
class SampledRows:
    """Some rows of a part, or all of them, in the order of the part."""

    rows: np.ndarray  # (n,) numbers in the part
    labels: np.ndarray  # (n,)
    features: np.ndarray  # (n, d) float32
    components: np.ndarray  # (n, k) float32: the first principal components of the features


def sample(split: Split, stays: np.ndarray, seed: int = 0) -> SampledRows:
    """Of the rows in `stays`: all, or as many as fit, drawn at random."""
    rows = stays
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(stays, MOST_ROWS, replace=False))
    features = small_features(split.images, rows)
    return SampledRows(rows, split.labels[rows], features, _components(features, seed))


def small_features(images: np.ndarray, rows: np.ndarray) -> np.ndarray:  # (len(rows), d) float32
    """Pictures as means of fields, other rows as means of neighbouring values."""
    found = []
    step = max(_BLOCK_VALUES // max(int(np.prod(images.shape[1:])), 1), 1)
    for start in range(0, len(rows), step):
        values = np.asarray(images[rows[start : start + step]], np.float32)
        found.append(_reduced(values))
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)


def _reduced(values: np.ndarray) -> np.ndarray:
    if values.ndim == 4:
        for axis in (1, 2):
            values = _field_means(values, axis, _SIDE)
        values = values.mean(axis=3)
    flat = values.reshape(len(values), -1)
    return _field_means(flat, 1, _MOST_FEATURES)


def _field_means(values: np.ndarray, axis: int, most: int) -> np.ndarray:
    size = values.shape[axis]
    if size <= most:
        return values
    edges = np.linspace(0, size, most + 1).astype(int)
    sums = np.add.reduceat(values, edges[:-1], axis=axis)
    shape = [1] * values.ndim
    shape[axis] = most
    return np.asarray(sums / np.diff(edges).reshape(shape), np.float32)


def _components(features: np.ndarray, seed: int) -> np.ndarray:
    if not len(features):
        return features
    step = max(len(features) // _COVARIANCE_ROWS, 1)
    centred = features[::step] - features[::step].mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    chosen = vectors[:, ::-1][:, :_COMPONENTS].astype(np.float32)
    return np.asarray((features - features.mean(axis=0)) @ chosen, np.float32)
