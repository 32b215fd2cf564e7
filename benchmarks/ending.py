"""When would `least_gain` end a study, and what is lost by that? On recorded data.

    python benchmarks/ending.py --bench ../shared [--seeds 10] [--budget 200]

Runs the sampler over the whole budget on every open problem of a family, notes at each suggestion
what it promised (paretune.samplers.expected_gain), and reads off afterwards where three promises
in a row below `least_gain` would have ended it. The second table is how true the promises are: what
spending as much again was expected to add to the hypervolume, and what it did add. `--bench` holds
the folder bench/, as for search_efficiency.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # matrices this small gain nothing by more
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

HERE = Path(__file__).resolve().parent
IN_A_ROW = 3  # as paretune.study.steering.least_gain asks for
LEAST = (0.5, 0.3, 0.2, 0.1, 0.03, 0.01)
SHARES = (0.125, 0.25, 0.5)


def ended_at(promises: list[tuple[float, float]], least: float) -> float | None:
    """Share of the budget spent when the study would end; None if it would not."""
    poor = 0
    for spent, gain in promises:
        poor = poor + 1 if gain < least else 0
        if poor == IN_A_ROW:
            return spent
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, default=Path("../shared"), help="holds bench/")
    parser.add_argument("--family", default="lcbench")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=float, help="in the benchmark's units; else its own")
    options = parser.parse_args()
    sys.path[:0] = [str(HERE.parent), str(HERE), str(options.bench.resolve())]
    from bench import problems
    from bench.optimizers import Optuna
    from bench.run import at, run
    from bench_adapters import sampler

    class Noting(Optuna):
        def bind(self, problem):
            self.promises = []
            return super().bind(problem)

        def suggest(self):
            config = super().suggest()
            if self.sampler.expected_gain is not None:
                trials = self.study.get_trials(deepcopy=False)
                spent = sum(trial.user_attrs.get("cost", 0.0) for trial in trials)
                budget = self.problem.budget * self.problem.unit
                self.promises.append((spent / budget, self.sampler.expected_gain))
            return config

    runs = []
    for name in problems.names(f"{options.family}:open"):
        for seed in range(options.seeds):
            problem = problems.Problem(name)
            problem.budget = options.budget or problem.budget
            optimizer = Noting(sampler(seed)).bind(problem)
            runs.append((run(problem, optimizer)["trace"], optimizer.promises))

    print("| least_gain | studies ended | budget spent | final hypervolume held | the least |")
    print("|---|---|---|---|---|")
    for least in LEAST:
        ends = [ended_at(promises, least) for _, promises in runs]
        spent = [1.0 if end is None else end for end in ends]
        traces = [trace for trace, _ in runs]
        held = [at(t, s + 1e-6) / at(t, 1.0) for t, s in zip(traces, spent, strict=True)]
        count = sum(end is not None for end in ends)
        print(
            f"| {least:g} | {count} of {len(runs)} | {np.mean(spent):.2f} "
            f"| {np.mean(held):.3f} | {np.min(held):.2f} |"
        )
    print("\n| budget spent | promised (median of the last three) | came (median) |")
    print("|---|---|---|")
    for share in SHARES:
        promised, came = [], []
        for trace, promises in runs:
            last = [gain for spent, gain in promises if spent <= share][-IN_A_ROW:]
            if last and at(trace, share) > 0:
                promised.append(np.median(last))
                came.append(at(trace, 2 * share) / at(trace, share) - 1)
        print(f"| {share:g} | {np.median(promised):.2f} | {np.median(came):.3f} |")


if __name__ == "__main__":
    main()
