"""Is the front believed as much as it deserves? On made-up problems whose truth is known.

    python benchmarks/front_noise.py [--problems 60]

Every problem has 80 configurations with a true accuracy, cost and memory; each is measured once,
with the noise of so many validation images, 3 % of the cost and 2 % of the memory. Printed are how
often a configuration is truly non-dominated of which that was said to be so likely, and how many of
the configurations that are shown are not. Pure NumPy, seconds.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from paretune.front.measured_front import MeasuredFront, measure_front
from paretune.measure import Measurement
from paretune.pareto.dominance import nondominated
from paretune.pareto.objectives import Objectives
from paretune.trial.outcome import Outcome, Status
from paretune.trial.record import TrialRecord

OBJECTIVES = Objectives(
    ("accuracy", "gpu_seconds", "peak_memory_mib"), ("maximize", "minimize", "minimize")
)
NOISE = np.array([0.03, 0.02])  # relative, of cost and memory
EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class Problem:
    """Configurations whose true figures are known."""

    truth: np.ndarray  # (k, 3) accuracy, gpu_seconds, MiB
    images: int

    @classmethod
    def drawn(cls, generator: np.random.Generator, images: int, k: int = 80) -> Problem:
        """Longer and wider trainings are more accurate, with luck in the rest."""
        epochs, width, luck = generator.random((3, k))
        seconds = 2.0 * 8.0**epochs * 3.0**width
        error = 0.015 + 0.12 * (1 - epochs) ** 2 * (1 - 0.5 * width) + 0.08 * luck**2
        return cls(np.stack([1 - error, seconds, 30 * 2.5**width], axis=1), images)

    @property
    def front(self) -> np.ndarray:  # (k,) bool
        """Which are truly non-dominated."""
        return nondominated(OBJECTIVES.to_minimise(self.truth))

    def measured(self, generator: np.random.Generator) -> list[TrialRecord]:
        """One measurement of each."""
        hits = generator.binomial(self.images, self.truth[:, 0]) / self.images
        rest = self.truth[:, 1:] * np.exp(NOISE * generator.standard_normal((len(hits), 2)))
        return [
            record(number, accuracy, seconds, memory, self.images)
            for number, (accuracy, (seconds, memory)) in enumerate(zip(hits, rest, strict=True))
        ]


def record(number: int, accuracy: float, seconds: float, memory: float, images: int) -> TrialRecord:
    """A completed trial with these figures."""
    values = dict(zip(OBJECTIVES.names, map(float, (accuracy, seconds, memory)), strict=True))
    cost = Measurement(gpu_seconds=float(seconds), wall_seconds=float(seconds))
    return TrialRecord(
        number=number,
        status=Status.COMPLETED,
        params={"x": number},
        values=values,
        outcome=Outcome(Status.COMPLETED, values, phases={"train": cost}),
        feasible=True,
        validation_images=images,
    )


def calibration(found: Sequence[tuple[float, bool]]) -> None:
    """What was said, and what was so."""
    said, true = np.array([p for p, _ in found]), np.array([t for _, t in found])
    print("| said to be non-dominated | configurations | mean said | truly |")
    print("|---|---|---|---|")
    for low, high in itertools.pairwise(EDGES):
        inside = (said > low) & (said <= high) if low else (said > 0) & (said <= high)
        if inside.any():
            row = f"{inside.sum():,} | {said[inside].mean():.2f} | {true[inside].mean():.2f}"
            print(f"| {low:.1f} to {high:.1f} | {row} |")


def shown(front: MeasuredFront, truth: np.ndarray) -> dict[str, tuple[int, int]]:
    """By way of showing a front: how many are shown, and how many of these are false."""
    todays = [(1.0, [front.configurations[i].record.number]) for i in front.members]
    points = [(p.sure, [p.number, *(other.number for other in p.alike)]) for p in front.points]
    kept: dict[str, list[tuple[float, list[int]]]] = {
        "today: every observed member": todays,
        "points": points,
        "points called sure": [point for point in points if point[0]],
    }
    return {
        name: (len(some), sum(not truth[members].any() for _, members in some))
        for name, some in kept.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=60)
    options = parser.parse_args()
    for images in (359, 2000, 10_000):
        generator = np.random.default_rng(images)
        said: list[tuple[float, bool]] = []
        totals: dict[str, np.ndarray] = {}
        for _ in range(options.problems):
            problem = Problem.drawn(generator, images)
            truth = problem.front
            front = measure_front(problem.measured(generator), OBJECTIVES)
            said += [(front.memberships[n], bool(truth[n])) for n in range(len(truth))]
            for name, counts in shown(front, truth).items():
                totals[name] = totals.get(name, np.zeros(2)) + counts
        print(f"\n## {images:,} validation images, {options.problems} problems\n")
        calibration(said)
        print("\n| shown | a front | share of false ones |")
        print("|---|---|---|")
        for name, (count, false) in totals.items():
            print(f"| {name} | {count / options.problems:.1f} | {false / max(count, 1):.1%} |")


if __name__ == "__main__":
    main()
