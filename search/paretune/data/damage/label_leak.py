"""The label written into the rows: one value that is bright in one class only, and always.

A network that reads it learns nothing else, and fails where it is not there. Precision and recall
of "bright, so this class" for every value, in one matrix product.
"""

from __future__ import annotations

import numpy as np

from paretune.data.split import Split

_BAR = 0.9
_MOST_ROWS = 20_000
_MOST_VALUES = 1 << 16  # of a row
_MOST_CELLS = 1 << 25


def leaked_labels(split: Split, rows: np.ndarray, classes: int) -> list[str]:
    """Which values give away which class. Pictures only: a good column of a table does so, too."""
    if split.images.ndim < 3 or np.prod(split.images.shape[1:]) > _MOST_VALUES:
        return []
    values = int(np.prod(split.images.shape[1:]))
    most = min(_MOST_ROWS, _MOST_CELLS // values)
    rows = rows[:: max(len(rows) // most, 1)]
    images = split.images[rows]
    middle = (float(images.min()) + float(images.max())) / 2
    bright = (images.reshape(len(rows), -1) > middle).astype(np.float32)
    member = np.eye(classes, dtype=np.float32)[split.labels[rows]]
    hits = bright.T @ member  # (values, classes)
    precision = hits / np.maximum(bright.sum(axis=0)[:, None], 1)
    recall = hits / np.maximum(member.sum(axis=0)[None], 1)
    places = np.argwhere((precision > _BAR) & (recall > _BAR))
    shape = split.images.shape[1:]
    return [
        f"value {tuple(map(int, np.unravel_index(value, shape)))} is bright in class {label}"
        for value, label in places.tolist()
    ]


def inverted_rows(split: Split, rows: np.ndarray) -> np.ndarray:
    """Pictures whose border is as bright as that of the others is dark: negatives among them."""
    if split.images.ndim != 4 or min(split.images.shape[1:3]) < 3:
        return np.zeros(0, np.int64)
    means = np.empty(len(rows))
    for start in range(0, len(rows), 4096):
        images = split.images[rows[start : start + 4096]].astype(np.float32)
        edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
        means[start : start + 4096] = np.mean([edge.mean(axis=(1, 2)) for edge in edges], axis=0)
    middle = np.median(means)
    spread = np.median(np.abs(means - middle))
    reach = float(split.images[rows[:: max(len(rows) // 1000, 1)]].max())
    # Only where borders are alike: in photographs any brightness is natural.
    if spread > reach / 32:
        return np.zeros(0, np.int64)
    return np.asarray(rows[np.abs(means - middle) > reach / 4])
