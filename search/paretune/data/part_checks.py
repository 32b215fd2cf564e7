"""The parts of a source as arrays that fit each other, or what is wrong, with the cure."""

from __future__ import annotations

import numpy as np

from paretune.data.growing_array import GrowingArray
from paretune.data.raw_data import TEST, TRAIN, RawData, RawPart, blocks
from paretune.data.split import Split
from paretune.errors import DataError

_FLOAT32_WHOLE = 1 << 24  # beyond it neighbours become equal
_MOST_CHANNELS = 4
_SAMPLE_VALUES = 1 << 20
_SCALE_FACTOR = 8
_FEW = 0.01  # share of rows whose labels may lie beyond a gap: they are mistakes, not classes
_SHOWN_ROWS = 5
_FIRST = 10


def checked_parts(raw: RawData) -> dict[str, Split]:
    """Each part with images of uint8 or float32. Raises DataError where they cannot be used."""
    parts = {name: _split_of(part, name, raw.place) for name, part in raw.parts.items()}
    if TEST in parts:
        _agree(raw, parts[TRAIN], parts[TEST])
    return parts


def class_count(raw: RawData, pool: Split, test: Split | None) -> int:
    """How many classes there are; labels from there on, and negative ones, are no class.

    Raises DataError for gaps between the classes, and for a single one.
    """
    seen, counts = np.unique(pool.labels[pool.labels >= 0], return_counts=True)
    known = len(raw.class_names)
    classes = int(np.argmin(np.append(seen == np.arange(len(seen)), False)))
    beyond = int(counts[classes:].sum())
    most = int(max(seen.max(initial=0), 0 if test is None else test.labels.max(initial=0))) + 1
    if beyond > _FEW * len(pool) or (not classes and len(seen)):
        absent = np.setdiff1d(np.arange(min(most, int(seen[-1]) + 1)), seen)[:_FIRST]
        raise DataError(
            f"{raw.place}: labels go up to {most - 1}, but y_train has no image of class "
            f"{', '.join(map(str, absent))}; number the classes 0, 1, 2, ... without gaps"
        )
    if known and classes < known:
        raise DataError(
            f"{raw.place}: no training row of class {raw.class_names[classes]!r}, label {classes}"
        )
    if not len(seen):
        raise DataError(f"{raw.place}: no row of y_train has a label; count classes from 0")
    if classes < 2:
        raise DataError(f"{raw.place}: only one class; there is nothing to learn")
    return classes


def invalid_rows(split: Split, classes: int) -> dict[str, np.ndarray]:
    """Rows that cannot be used, by what is wrong with them."""
    found = {}
    bad = _not_finite(split.images)
    if bad.size:
        found["NaN or infinite values"] = bad
    for label in np.unique(split.labels[(split.labels < 0) | (split.labels >= classes)]):
        text = f"label {label}" + (" (missing)" if label == -1 else "")
        found[text] = np.flatnonzero(split.labels == label)
    return found


def refuse_invalid(raw: RawData, name: str, found: dict[str, np.ndarray], length: int) -> None:
    """Raise DataError that names the rows, if there are any."""
    part = raw.parts[name]
    problems = [
        f"{len(rows):,} of {length:,} rows of {_named(reason, name)} "
        + ("hold" if "value" in reason else "have")
        + f" {reason} (row {', '.join(_places(part, rows))})"
        for reason, rows in found.items()
    ]
    if part.unreadable:
        more = ", ..." if len(part.unreadable) > 3 else ""
        problems.append(
            f"{len(part.unreadable):,} of {name} cannot be read ({'; '.join(part.unreadable[:3])}"
            f"{more})"
        )
    if problems:
        raise DataError(
            f"{raw.place}: {'; '.join(problems)}; mend them (classes count from 0), or drop them "
            "with [data] clean = true"
        )


def _named(reason: str, name: str) -> str:
    return f"{'y' if reason.startswith('label') else 'x'}_{name}"


def _places(part: RawPart, rows: np.ndarray) -> list[str]:
    shown = [part.names[row] if part.names else str(row) for row in rows[:_SHOWN_ROWS].tolist()]
    return shown + (["..."] if len(rows) > _SHOWN_ROWS else [])


def _split_of(part: RawPart, name: str, place: str) -> Split:
    images, labels = part.rows, part.labels
    where = f"{place}: x_{name}"
    if images.ndim < 2 or images.dtype.kind not in "uif" or not len(images):
        raise DataError(
            f"{where} has shape {images.shape} and type {images.dtype}; give numbers of shape "
            "(n, height, width) or (n, height, width, channels)"
        )
    if images.ndim == 4 and images.shape[1] in (1, 3, 4) and images.shape[-1] > _MOST_CHANNELS:
        raise DataError(
            f"{where} has shape {images.shape}, with its {images.shape[1]} channels first; move "
            "them to the end: np.moveaxis(x, 1, -1)"
        )
    if images.ndim == 3:
        images = images[..., None]
    where = f"{place}: y_{name}"
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        raise DataError(
            f"{where} has shape {labels.shape} and type {labels.dtype}; give whole numbers of "
            "shape (n,), one class a row (one-hot rows: .argmax(axis=1))"
        )
    if len(labels) != len(images):
        raise DataError(f"{where} has {len(labels)} rows for {len(images)} images in x_{name}")
    limits = np.iinfo(np.int32)
    return Split(
        _in_float32(images, f"{place}: x_{name}"),
        np.clip(labels, limits.min, limits.max).astype(np.int32),
    )


def _in_float32(images: np.ndarray, where: str) -> np.ndarray:
    if images.dtype in (np.uint8, np.float32):
        return images
    converted = GrowingArray()
    for block in blocks(images):
        rows = images[block]
        if rows.dtype.kind in "ui" and np.abs(rows.astype(np.float64)).max() > _FLOAT32_WHOLE:
            raise DataError(
                f"{where} reaches {np.abs(rows.astype(np.float64)).max():,.0f}; whole numbers "
                f"beyond {_FLOAT32_WHOLE:,} are not kept apart in float32: make them smaller"
            )
        converted.append(rows.astype(np.float32))
    return converted.array()


def _agree(raw: RawData, pool: Split, test: Split) -> None:
    """Shapes, types and scales of the two parts are those of one data set."""
    if pool.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{raw.place}: x_train has images of {pool.images.shape[1:]}, x_test of "
            f"{test.images.shape[1:]}; give both one shape"
        )
    types = [raw.parts[name].rows.dtype for name in (TRAIN, TEST)]
    if types[0] != types[1] and not all(kind.kind == "f" for kind in types):
        raise DataError(
            f"{raw.place}: x_train holds {types[0]}, x_test {types[1]}; save both as one type, "
            "in one scale"
        )
    if pool.images.ndim > 2:
        reaches = [_reach(pool.images), _reach(test.images)]
        if min(reaches) > 0 and max(reaches) > _SCALE_FACTOR * min(reaches):
            raise DataError(
                f"{raw.place}: x_test reaches {reaches[1]:g}, x_train {reaches[0]:g}; give both "
                "one scale"
            )


def _reach(images: np.ndarray) -> float:
    """The 99.9 % quantile of the values' sizes, from rows spread over the whole."""
    row = max(int(np.prod(images.shape[1:])), 1)
    step = max(len(images) // max(_SAMPLE_VALUES // row, 1), 1)
    values = np.abs(images[::step].astype(np.float32)).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0
    return float(np.quantile(values, 0.999)) or float(values.max())


def _not_finite(images: np.ndarray) -> np.ndarray:
    if images.dtype.kind != "f":
        return np.zeros(0, dtype=np.int64)
    found = []
    for block in blocks(images):
        good = np.isfinite(images[block].reshape(block.stop - block.start, -1)).all(axis=1)
        found.append(np.flatnonzero(~good) + block.start)
    return np.concatenate(found)
