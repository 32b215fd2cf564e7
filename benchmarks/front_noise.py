"""Is the front believed as much as it deserves? On made-up problems whose truth is known.

    python benchmarks/front_noise.py [--problems 60]
    python benchmarks/front_noise.py --replicate [--problems 20]

Every problem has 80 configurations with a true accuracy, cost and memory; each is measured once,
with the noise of so many validation images, 3 % of the cost and 2 % of the memory. Printed are how
often a configuration is truly non-dominated of which that was said to be so likely, and how many of
the configurations that are shown are not. Pure NumPy, seconds.

`--replicate` measures configurations again with other seeds (another seed moves the accuracy by
1 point, on 2,000 images): those that `[replicate]` would choose, or the observed front in turn.
Printed is how many configurations are wrongly taken for members, or not, by budget: those that are
members with a probability of more than one half, against the truth.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from paretune.front.measured_front import MeasuredFront, measure_front
from paretune.front.replication import next_to_replicate, with_assumed_noise
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


SEED_DEVIATION = 0.01  # of accuracy


class Replicated:
    """A problem whose configurations can be measured again; the images stay the same ones."""

    def __init__(self, problem: Problem, generator: np.random.Generator) -> None:
        self.problem = problem
        self._generator = generator
        hits = generator.binomial(problem.images, problem.truth[:, 0])
        self._on_images = hits / problem.images
        self.trials: list[TrialRecord] = []
        self.spent = 0.0
        for i in range(len(problem.truth)):
            self.measure(i)
        self.spent = 0.0  # again, not the search itself

    def measure(self, i: int) -> None:
        """Once more, with a seed of its own."""
        accuracy = self._on_images[i] + SEED_DEVIATION * self._generator.standard_normal()
        noise = np.exp(NOISE * self._generator.standard_normal(2))
        seconds, memory = self.problem.truth[i, 1:] * noise
        number = len(self.trials)
        made = record(number, min(accuracy, 1.0), seconds, memory, self.problem.images)
        self.trials.append(replace(made, params={"x": i}, seed=number))
        self.spent += seconds

    def wrong(self) -> int:
        """Members that are taken for none, and others for members."""
        front = with_assumed_noise(measure_front(self.trials, OBJECTIVES))
        said = np.array([front.memberships[i] for i in range(len(self.problem.truth))]) > 0.5
        return int((said != self.problem.front).sum())

    def again_where_least_sure(self) -> None:
        """What `[replicate]` does next."""
        front = measure_front(self.trials, OBJECTIVES)
        chosen = next_to_replicate(front, [c.record.cost_gpu_seconds for c in front.configurations])
        if chosen is None:
            self.spent = np.inf
        else:
            self.measure(chosen.record.params["x"])

    def again_in_turn(self) -> None:
        """The member of the observed front that was measured least often."""
        front = measure_front(self.trials, OBJECTIVES)
        members = [front.configurations[i] for i in front.members]
        self.measure(min(members, key=lambda c: len(c.trials)).record.params["x"])


def replication(problems: int) -> None:
    """Wrong members by GPU-seconds spent on measuring again."""
    budgets = (0, 50, 100, 200)
    totals = {name: np.zeros(len(budgets)) for name in ("where least sure", "in turn")}
    for seed in range(problems):
        problem = Problem.drawn(np.random.default_rng(seed), images=2000)
        for name, counts in totals.items():
            run = Replicated(problem, np.random.default_rng(1000 + seed))
            for position, budget in enumerate(budgets):
                while run.spent < budget:
                    if name == "in turn":
                        run.again_in_turn()
                    else:
                        run.again_where_least_sure()
                counts[position] += run.wrong()
    print(f"| measured again | {' | '.join(f'{b} s' for b in budgets)} |")
    print(f"|---|{'---|' * len(budgets)}")
    for name, counts in totals.items():
        print(f"| {name} | {' | '.join(f'{c / problems:.1f}' for c in counts)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--replicate", action="store_true")
    options = parser.parse_args()
    if options.replicate:
        replication(options.problems)
        return
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
