"""The `[data]` table of a study file, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from paretune.data.public_url import secret_refusal
from paretune.errors import DataError

# In the order in which they are applied: a row that one of them drops is not looked at by the next.
RULES = ("invalid", "constant", "contradictions", "leaks", "duplicates")


@dataclass(frozen=True)
class DataOptions:
    """Which data, which columns of them, and how they are split."""

    source: str = "digits"
    validation: float | None = None  # share of the training rows; None: the source's default
    test: float | None = None  # share of all rows, where the source has no test part; None: 1/6
    limit: int | None = None  # training rows
    clean: bool | list[str] = False  # True: every rule of RULES
    seed: int = 0
    label: str | None = None  # column or feature; None: "label", or the only one that can be
    columns: list[str] | None = None  # None: all but the label and the group
    group: str | None = None  # rows of one group are all in one part
    sha256: str | None = None  # of a remote file

    @classmethod
    def parse(cls, table: Mapping[str, Any], *, stored: bool = True) -> DataOptions:
        """Raises DataError for an unknown key or a value that cannot be used.

        A table that is `stored`, with a study, may hold no credential.
        """
        known = [item.name for item in fields(cls)]
        for name in table:
            if name not in known:
                raise DataError(f"[data] {name}: unknown; known are {', '.join(known)}")
        options = cls(**table)
        for name, good, wanted in options._checks():
            if not good:
                raise DataError(f"[data] {name} is {getattr(options, name)!r}; give {wanted}")
        refusal = secret_refusal(options.source) if stored else None
        if refusal is not None:
            raise DataError(f"[data] source: {refusal}")
        return options

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules by which rows are dropped, in their order."""
        if isinstance(self.clean, bool):
            return RULES if self.clean else ()
        return tuple(rule for rule in RULES if rule in self.clean)

    def _checks(self) -> tuple[tuple[str, bool, str], ...]:
        rules = f"true or false, or a list of {', '.join(RULES)}"
        return (
            ("source", isinstance(self.source, str) and bool(self.source), "a name or path"),
            ("validation", _share(self.validation), "a share between 0 and 1"),
            ("test", _share(self.test), "a share between 0 and 1"),
            ("limit", self.limit is None or _whole(self.limit, 1), "a whole number >= 1"),
            ("clean", _known_rules(self.clean), rules),
            ("seed", _whole(self.seed, 0), "a whole number >= 0"),
            ("label", _name(self.label), "the name of a column"),
            ("columns", _names(self.columns), "a list of names of columns"),
            ("group", _name(self.group), "the name of a column"),
            ("sha256", _hex(self.sha256), "the 64 hexadecimal digits of `sha256sum`"),
        )


def _whole(value: object, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _share(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1
    return value is None or number


def _name(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(value))


def _names(value: object) -> bool:
    return value is None or (isinstance(value, list) and bool(value) and all(map(_name, value)))


def _known_rules(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, list) and set(value) <= set(RULES))


def _hex(value: object) -> bool:
    digits = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return value is None or digits
