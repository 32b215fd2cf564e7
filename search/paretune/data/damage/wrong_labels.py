"""Labels that the rows around a row contradict: nearest neighbours, out of fold.

    p[i, c] = sum of 1/distance of those of the K nearest neighbours of row i in the other folds
              that are of class c, over the sum for all K

A row is likely labelled wrongly where another class has nearly all of p and its own nearly none.
Such rows are wrong or hard: they are to be looked at, never dropped by themselves.
"""

from __future__ import annotations

import numpy as np

from paretune.data.damage.sampled_rows import SampledRows

NEIGHBOURS = 24  # of MNIST with 2 % wrong labels: 53 % of them, and 0.08 % of the others
_FOLDS = 5
_MOST_REFERENCES = 12_000  # of a fold: time grows with it, and the answer hardly changes
_BLOCK = 2048
_SURE, _UNLIKELY = 0.95, 0.02


def likely_wrong_labels(
    sample: SampledRows, classes: int, seed: int = 0
) -> tuple[np.ndarray, list[str]]:
    """Rows whose label is likely wrong, the surest first, and what they look like."""
    if len(sample.rows) < _FOLDS * NEIGHBOURS:
        return np.zeros(0, np.int64), []
    shares = out_of_fold_shares(sample.components, sample.labels, classes, seed)
    own = shares[np.arange(len(shares)), sample.labels]
    other = shares.argmax(axis=1)
    sure = shares.max(axis=1)
    # Of a class with few rows there are not enough neighbours to speak for it.
    judged = np.bincount(sample.labels, minlength=classes)[sample.labels] > NEIGHBOURS
    sure_of_another = (other != sample.labels) & (sure > _SURE) & (own < _UNLIKELY)
    found = np.flatnonzero(judged & sure_of_another)
    found = found[np.argsort(own[found] - sure[found], kind="stable")]
    details = [
        f"label {sample.labels[row]}, looks like {other[row]}" for row in found[:10].tolist()
    ]
    return sample.rows[found], details


def out_of_fold_shares(
    points: np.ndarray,  # (n, k) float32
    labels: np.ndarray,  # (n,)
    classes: int,
    seed: int,
) -> np.ndarray:  # (n, classes): each row's neighbours by class, weighted by nearness
    """Of neighbours that are in other folds than the row."""
    generator = np.random.default_rng(seed)
    fold = generator.permutation(len(points)) % _FOLDS
    shares = np.zeros((len(points), classes), np.float32)
    for number in range(_FOLDS):
        references = np.flatnonzero(fold != number)
        if len(references) > _MOST_REFERENCES:
            references = generator.choice(references, _MOST_REFERENCES, replace=False)
        asked = np.flatnonzero(fold == number)
        for start in range(0, len(asked), _BLOCK):
            rows = asked[start : start + _BLOCK]
            shares[rows] = _shares(points[rows], points[references], labels[references], classes)
    return shares


def _shares(
    points: np.ndarray, references: np.ndarray, labels: np.ndarray, classes: int
) -> np.ndarray:
    squares = (references**2).sum(axis=1)[None] - 2 * points @ references.T
    nearest = np.argpartition(squares, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    near = np.take_along_axis(squares, nearest, axis=1) + (points**2).sum(axis=1)[:, None]
    weights = 1 / np.sqrt(np.maximum(near, 1e-6))
    shares = np.zeros((len(points), classes), np.float32)
    np.add.at(shares, (np.arange(len(points))[:, None], labels[nearest]), weights)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
