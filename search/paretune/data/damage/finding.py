"""One kind of damage, and the rows that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

ERROR, WARNING = "error", "warning"
_NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Finding:
    """What a test has found in a part; nothing where `count` is 0."""

    kind: str
    part: str
    severity: str  # ERROR: it misleads a study; WARNING: to be looked at
    advice: str
    count: int
    rows: np.ndarray = field(default_factory=lambda: _NO_ROWS)  # the worst first
    details: Sequence[str] = ()  # of the first of them, or of the whole part

    @classmethod
    def of_rows(
        cls,
        kind: str,
        part: str,
        severity: str,
        advice: str,
        rows: np.ndarray,
        details: Sequence[str] = (),
    ) -> Finding:
        """The rows are what is wrong."""
        return cls(kind, part, severity, advice, len(rows), rows, details)


@dataclass(frozen=True)
class Examined:
    """What was looked at, and what was found."""

    place: str
    rows: dict[str, int]  # of each part
    shape: tuple[int, ...]
    dtype: str
    classes: int
    sampled: int | None  # rows that the tests of likeness have seen; None: all of them
    findings: tuple[Finding, ...]  # every test that was made, those without a result included

    @property
    def found(self) -> list[Finding]:
        """Those with a result, errors first."""
        hits = [finding for finding in self.findings if finding.count]
        return sorted(hits, key=lambda finding: finding.severity != ERROR)

    @property
    def is_sound(self) -> bool:
        """Is there nothing that misleads a study?"""
        return not any(finding.severity == ERROR for finding in self.found)
