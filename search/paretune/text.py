"""User text that a file, a database or a terminal cannot hold, shown as what it is.

An error message may hold half of a character (a lone surrogate, which no UTF-8 can say), a NUL
(which PostgreSQL refuses) or a terminal's control sequence. All of them become visible escapes
where the text comes in, so that nothing behind has to think of them.
"""

from __future__ import annotations

import re
from typing import Any

# Lone surrogates, and every control character but tab and newline.
_UNSAFE = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    r"""The text with such characters as escapes (`\ud800`, `\x1b`); safe to store and to print.

    Examples:
        >>> visible("half a pair: \ud83d")
        'half a pair: \\ud83d'
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def visible_json(record: Any) -> Any:
    """The same for every string of a JSON record, keys included."""
    if isinstance(record, str):
        return visible(record)
    if isinstance(record, dict):
        return {visible_json(key): visible_json(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [visible_json(value) for value in record]
    return record


def is_visible(text: str) -> bool:
    """Is the text safe as it is?"""
    return _UNSAFE.search(text) is None
