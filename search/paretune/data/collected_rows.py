"""Rows, labels and groups that a reader collects, and the whole numbers that labels become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from paretune.data.growing_array import GrowingArray
from paretune.data.raw_data import RawPart
from paretune.errors import DataError

MISSING = -1
_MOST_CLASSES = 100_000


class CollectedRows:
    """One part of a source while it is read."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._rows = GrowingArray()
        self._like: np.ndarray | None = None
        self._labels: list[np.ndarray] = []
        self._groups: list[np.ndarray] = []
        self.names: list[str] = []
        self.unreadable: list[str] = []

    def append(
        self,
        rows: np.ndarray,  # (n, ...)
        labels: Sequence[Any] | np.ndarray,  # (n,) of any kind; None, NaN or "": missing
        groups: Sequence[Any] | np.ndarray | None = None,
    ) -> None:
        """Raises DataError for rows of another shape or type than those before."""
        if not len(rows):
            return
        like = rows[:0] if self._like is None else self._like
        if like.shape != rows[:0].shape or like.dtype != rows.dtype:
            raise DataError(
                f"{self._place}: row {len(self._rows)} has shape {rows.shape[1:]} and type "
                f"{rows.dtype}, those before {like.shape[1:]} and {like.dtype}; give all one shape"
            )
        self._like = like
        self._rows.append(rows)
        self._labels.append(_plain(labels))
        if groups is not None:
            self._groups.append(_plain(groups))

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Of a row; None before the first."""
        return None if self._like is None else self._like.shape[1:]

    def part(self) -> RawPart:
        """All of it; labels are not numbered yet."""
        if self._like is None:
            more = f" ({self.unreadable[0]})" if self.unreadable else ""
            raise DataError(f"{self._place}: no row that can be read{more}")
        groups = _joined(self._groups) if self._groups else None
        numbered = None if groups is None else np.unique(groups, return_inverse=True)[1]
        return RawPart(
            self._rows.array(),
            _joined(self._labels),
            numbered,
            self.names or None,
            self.unreadable,
        )


def numbered(
    columns: Sequence[np.ndarray],  # of each part, (n,) of any kind
    place: str,
) -> tuple[list[np.ndarray], tuple[str, ...]]:  # (n,) int64, -1: missing; names
    """Labels as 0, 1, ..., alike in all parts; whole numbers stay, names go by the alphabet.

    Raises DataError for fractions, and where nearly every row has a label of its own.
    """
    joined = _joined(columns)
    ends = np.cumsum([len(column) for column in columns])[:-1]
    missing = np.array([_is_missing(value) for value in joined]) if joined.dtype == object else None
    if joined.dtype.kind == "f":
        whole = np.where(np.isfinite(joined), joined, MISSING)
        if (whole != np.rint(whole)).any():
            raise DataError(
                f"{place}: labels are fractions such as {whole[whole % 1 != 0][0]:g}; "
                "give one class a row, as a whole number or a name"
            )
        return np.split(whole.astype(np.int64), ends), ()
    if missing is None:
        return np.split(joined.astype(np.int64), ends), ()
    texts = np.array([str(value) for value in joined[~missing]])
    names, positions = np.unique(texts, return_inverse=True)
    if len(names) > _MOST_CLASSES:
        raise DataError(f"{place}: {len(names):,} different labels; is that the right column?")
    labels = np.full(len(joined), MISSING, np.int64)
    if all(name.isdigit() for name in names):
        labels[~missing] = names.astype(np.int64)[positions]
        return np.split(labels, ends), ()
    labels[~missing] = positions
    return np.split(labels, ends), tuple(map(str, names))


def _plain(values: Sequence[Any] | np.ndarray) -> np.ndarray:
    array = np.asarray(values)
    return array if array.dtype.kind in "iubf" else np.asarray(values, dtype=object)


def _joined(columns: Sequence[np.ndarray]) -> np.ndarray:
    if any(column.dtype == object for column in columns):
        columns = [column.astype(object) for column in columns]
    return np.concatenate(columns)


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and value != value)  # noqa: PLR0124
