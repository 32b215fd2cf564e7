"""What an earlier study is worth, and what a misleading one costs. On recorded data.

    python benchmarks/warm_start.py --bench ../shared [--seeds 10]

Every open problem of lcbench is searched cold, warm from an earlier search of another of them (our
sampler's own), and misled: by the same search with every objective turned round, so that it
recommends the worst it saw. `--bench` holds the folder bench/, as for search_efficiency.py. "cost"
is that of reaching equal hypervolume, beside the cold start's (below 1 is cheaper): seed-averaged
curves, geometric mean over problems, 95 % bootstrap over seeds; "to 25 %" is that of the
hypervolume which the cold start has at a quarter of the budget.
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
ARMS = ("cold", "warm", "misled")


def cost_to(mine: dict, cold: dict, at: int) -> float:
    """Cost of the hypervolume that the cold search has at grid point `at`, beside the cold's."""
    ratios = []
    for name, rows in cold.items():
        there, here = rows.mean(0), mine[name].mean(0)
        if here[-1] < there[at]:
            return np.inf
        ratios.append((np.argmax(here >= there[at]) + 1) / (np.argmax(there >= there[at]) + 1))
    return float(np.exp(np.mean(np.log(ratios))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, default=Path("../shared"), help="holds bench/")
    parser.add_argument("--family", default="lcbench")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    sys.path[:0] = [str(HERE.parent), str(HERE), str(options.bench.resolve())]
    from bench import problems
    from bench.optimizers import Optuna
    from bench.run import run
    from bench.table import curve, ratio
    from bench_adapters import _cost, _limit
    from paretune.samplers import CostAwareSampler, EarlierStudy, Reading

    def search(name: str, seed: int, earlier_studies=()):
        reading = Reading(cost=_cost)
        optimizer = Optuna(
            CostAwareSampler(seed, reading=reading, limit=_limit, earlier_studies=earlier_studies)
        )
        result = run(problems.Problem(name), optimizer.bind(problems.Problem(name)))
        return result, optimizer.study

    names = problems.names(f"{options.family}:open")
    curves: dict[str, dict[str, list]] = {arm: {name: [] for name in names} for arm in ARMS}
    for seed in range(options.seeds):
        for name, other in zip(names, [*names[1:], names[0]], strict=True):
            _, study = search(other, 1000 + seed)
            trials = [trial for trial in study.trials if trial.values is not None]
            losses = np.array([trial.values for trial in trials])
            params = [trial.params for trial in trials]
            told = {
                "cold": (),
                "warm": (EarlierStudy.from_losses(params, losses),),
                "misled": (EarlierStudy.from_losses(params, -losses),),
            }
            for arm in ARMS:
                result, _ = search(name, seed, told[arm])
                curves[arm][name].append(curve(result))
    found = {arm: {name: np.array(rows) for name, rows in by.items()} for arm, by in curves.items()}
    print("| start | HV 25 % | HV 50 % | HV 100 % | to 25 % | to 50 % | cost beside cold |")
    print("|---|---|---|---|---|---|---|")
    for arm in ARMS:
        shares = [
            np.mean([rows[:, at].mean() for rows in found[arm].values()]) for at in (49, 99, 199)
        ]
        rng = np.random.default_rng(0)
        draws = [ratio(found[arm], found["cold"], rng) for _ in range(300)]
        low, high = np.quantile(draws, [0.025, 0.975])
        early = [cost_to(found[arm], found["cold"], at) for at in (49, 99)]
        middle = ratio(found[arm], found["cold"])
        print(
            f"| {arm} | "
            + " | ".join(f"{share:.3f}" for share in shares)
            + f" | {early[0]:.2f} | {early[1]:.2f}"
            + f" | {middle:.2f} [{low:.2f}, {high:.2f}] |"
        )


if __name__ == "__main__":
    main()
