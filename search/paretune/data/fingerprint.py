"""What the fingerprints of two data sets say about how they differ."""

from __future__ import annotations

import re

_PARTS = ("rows", "labels", "split")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\.[0-9a-f]{16}\.[0-9a-f]{16}(-\d+)?")
_SHOWN = 60  # characters of what is no fingerprint of ours: a table of the user's own


def describe_change(before: str, now: str) -> str:
    """Both versions, and which of rows, labels and split differ where that can be told."""
    parts = ""
    if _FINGERPRINT.fullmatch(before) and _FINGERPRINT.fullmatch(now):
        pairs = zip(_PARTS, before.split("."), now.split("."), strict=True)
        parts = f"its {' and '.join(name for name, old, new in pairs if old != new)}: "
    return f"{parts}{_short(before)} before, {_short(now)} now"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
