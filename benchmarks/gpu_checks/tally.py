"""What holds, what does not, and the table of what was measured."""

from __future__ import annotations

import psutil
from paretune.measure import Measurement

POWER_W = (10, 1500)  # no device of a data centre draws less when it works, or more


class Check:
    """Counts what holds and what does not."""

    def __init__(self) -> None:
        self.failures = 0

    def __call__(self, holds: bool, text: str) -> None:
        self.failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {text}", flush=True)


class Table:
    """Figures, and on GPUs beside them what they are to reach: a miss is marked, and no fault."""

    def __init__(self, *, with_goals: bool) -> None:
        self._with_goals = with_goals
        self._rows: list[str] = []

    def add(
        self,
        name: str,
        value: float | None,  # None: not told here
        unit: str = "",
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        goal, verdict = "", ""
        for bound, words in ((at_least, "at least"), (at_most, "at most")):
            if bound is not None and value is not None and self._with_goals:
                goal = f"{words} {bound:g}"
                reached = value >= bound if words == "at least" else value <= bound
                verdict = "yes" if reached else "no"
        shown = (
            "not told" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
        )
        measured = f"{shown} {unit}".strip()
        self._rows.append(f"| {name} | {measured} | {goal} | {verdict} |")

    def show(self) -> None:
        """Print it in Markdown, as docs/measurements.md takes it."""
        print("\n| figure | measured | goal | reached |\n|---|---|---|---|")
        print("\n".join(self._rows), flush=True)


def check_nvml(check: Check, what: str, paid: Measurement) -> None:
    """What only a GPU tells: energy and busy seconds, where this one tells them at all."""
    if paid.energy_j is None:
        print(f"--   {what}: energy is not told here")
    else:
        power = paid.energy_j / max(paid.gpu_seconds, 1e-9)
        check(
            POWER_W[0] <= power <= POWER_W[1],
            f"{what}: {paid.energy_j:.0f} J in {paid.gpu_seconds:.2f} GPU-seconds are {power:.0f} "
            f"W, of {POWER_W[0]} to {POWER_W[1]}",
        )
    busy = paid.gpu_busy_seconds
    if busy is None:
        print(f"--   {what}: busy seconds are not told here")
    else:
        check(
            0 < busy <= paid.gpu_seconds * 1.1,
            f"{what}: busy {busy:.2f} s, at most the {paid.gpu_seconds:.2f} leased (and a tenth)",
        )


def processes() -> list[str]:
    """Our children that still run."""
    children = psutil.Process().children(recursive=True)
    return [f"{c.pid} {c.name()}" for c in children if c.status() != psutil.STATUS_ZOMBIE]
