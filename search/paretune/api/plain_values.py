"""What Python programs pass as values, as the plain ones that TOML and JSON know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Paths as strings, tuples as lists, NumPy's scalars as Python's; anything else as it is.

    Examples:
        >>> plain({"shape": (8, 8)})
        {'shape': [8, 8]}
    """
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()  # a scalar; it is not imported for that
    return value
