"""Counters that were recorded before, so that arithmetic over GPUs is tested without one."""

from __future__ import annotations

from collections.abc import Iterable

from paretune.measure import Snapshot


class ReplayMeter:
    """Gives recorded snapshots in order, then the last one again and again."""

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        self.snapshots = list(snapshots)
        if not self.snapshots:
            raise ValueError("a replay needs at least one snapshot")
        self.resets = 0

    def snapshot(self) -> Snapshot:
        return self.snapshots.pop(0) if len(self.snapshots) > 1 else self.snapshots[0]

    def reset_peaks(self) -> None:
        self.resets += 1
