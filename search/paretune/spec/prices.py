"""What device-seconds are worth in money: the [prices] of a study file.

[prices]
"NVIDIA H200" = 3.50        # dollars per device-hour, by the name `paretune devices` shows
cpu-core = 0.04
storage_gib_month = 0.02    # of keeping a GiB for a month
egress_gib = 0.09           # of moving a GiB out, such as a model to its users
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STORAGE, EGRESS = "storage_gib_month", "egress_gib"
_HOUR = 3600.0


@dataclass(frozen=True)
class Prices:
    """Dollars; empty where the study file has none."""

    per_hour: Mapping[str, float] = field(default_factory=dict)  # by device kind
    storage_gib_month: float = 0.0
    egress_gib: float = 0.0

    @classmethod
    def from_table(cls, table: Mapping[str, float]) -> Prices:
        """From the file's table, which has been checked."""
        kinds = {name: price for name, price in table.items() if name not in (STORAGE, EGRESS)}
        return cls(kinds, table.get(STORAGE, 0.0), table.get(EGRESS, 0.0))

    def to_table(self) -> dict[str, float]:
        """The inverse of `from_table`."""
        beside = {STORAGE: self.storage_gib_month, EGRESS: self.egress_gib}
        return {**self.per_hour, **{name: price for name, price in beside.items() if price}}

    def per_second(self, kind: str) -> float | None:
        """Of one device of that kind; None where it has no price."""
        hourly = self.per_hour.get(kind)
        return None if hourly is None else hourly / _HOUR

    def dollars(self, gpu_seconds: float, kind: str) -> float | None:
        """What so many device-seconds cost; None where the kind has no price."""
        price = self.per_second(kind)
        return None if price is None else price * gpu_seconds
