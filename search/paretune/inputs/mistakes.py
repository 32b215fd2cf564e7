"""Collecting every mistake of a file before complaining, each with its key, value and cure."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable
from typing import Any

LARGEST = 2**63 - 1  # of a whole number
_LONGEST = 40  # digits of a number that are shown


class Mistakes(list[str]):
    """A list of one-line mistakes; `key` is dotted, as in the file."""

    def note(self, key: str, text: str) -> None:
        """Add one mistake about `key`."""
        self.append(f"{key} {text}")

    def unknown(self, prefix: str, key: str, known: Iterable[str]) -> None:
        """Add one mistake about a key that nobody reads."""
        names = list(known)
        self.append(
            f"{prefix}{key} is not known{did_you_mean(key, names)}; known: {', '.join(names)}"
        )


def did_you_mean(name: str, names: Iterable[str], *, closeness: float = 0.6) -> str:
    """' (did you mean x?)' where a name is close, or an empty string."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=closeness)
    return f" (did you mean {close[0]}?)" if close else ""


def literal(value: Any) -> str:
    """A value as its TOML file would spell it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, int):
        text = repr(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"{value:g}" if is_number(value) else str(value)


def is_number(value: Any) -> bool:
    """Is it an int or a float (TOML keeps true and 1 apart, and so do we) and finite?"""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def is_whole(value: Any) -> bool:
    """Is it an integer of at most 64 bits (TOML has no larger ones), and not a bool?"""
    return isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST
