"""Which columns of a table are labels, groups and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paretune.data.data_options import DataOptions
from paretune.errors import DataError

MOST_COLUMNS = 16_384
_LABELS = ("label", "labels", "class", "target", "y", "fine_label")


@dataclass(frozen=True)
class TableColumns:
    """The names of the columns that are read."""

    label: str
    features: tuple[str, ...]
    group: str | None

    @property
    def all(self) -> list[str]:
        """Each of them once."""
        wanted = (*self.features, self.label, *([self.group] if self.group else []))
        return list(dict.fromkeys(wanted))


def choose_columns(names: Sequence[str], options: DataOptions, place: str) -> TableColumns:
    """By the options, else the label by its name and all others as features.

    Raises DataError for a column that is not there, and for a table that is too wide.
    """
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{place}: {len(names):,} columns are more than {MOST_COLUMNS:,}; is it the right file?"
        )
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    label = options.label or next((name for name in _LABELS if name in names), None)
    if label is None:
        raise DataError(f'{place}: which column is the label? Give [data] label = "..." ({shown})')
    beside = {label, options.group}
    features = options.columns or [name for name in names if name not in beside]
    for name in (label, options.group, *features):
        if name is not None and name not in names:
            raise DataError(f"{place}: no column {name!r}; it has {shown}")
    if label in features:
        raise DataError(f"{place}: the label {label!r} is among [data] columns; take it out")
    if not features:
        raise DataError(f"{place}: no column but the label; there is nothing to learn from")
    return TableColumns(label, tuple(features), options.group)
