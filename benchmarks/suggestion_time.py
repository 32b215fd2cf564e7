"""CPU seconds of one suggestion of the cost-aware sampler, by the number of trials before it.

    python benchmarks/suggestion_time.py

Fourteen parameters (one conditional), three objectives and costs; random trials are told, then the
median of five suggestions is taken. The first suggestion after resuming fits from cold: `first`.
"""

from __future__ import annotations

import time

import numpy as np
import optuna
from paretune.samplers import CostAwareSampler, Reading


def objective(trial: optuna.Trial) -> tuple[float, float, float]:
    x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(12)])
    if trial.suggest_categorical("kind", ["a", "b", "c"]) == "a":
        x[0] += trial.suggest_float("extra", 0, 1)
    weights = np.arange(12)
    values = [float((np.cos(weights + j) * (x - 0.3 * j) ** 2).sum()) for j in range(3)]
    return values[0], values[1], values[2]


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("| trials | first | later (median of 5) |\n|---|---|---|")
    for n in (10, 100, 300, 1000, 2000):
        study = optuna.create_study(
            directions=["minimize"] * 3, sampler=optuna.samplers.RandomSampler(seed=0)
        )
        for _ in range(n):
            trial = study.ask()
            trial.set_user_attr("cost", float(np.exp(trial.suggest_float("x1", 0, 1))))
            study.tell(trial, objective(trial))
        study.sampler = CostAwareSampler(0, reading=Reading(cost=lambda t: t.user_attrs["cost"]))
        seconds = []
        for _ in range(6):
            start = time.process_time()
            trial = study.ask()
            values = objective(trial)
            seconds.append(time.process_time() - start)
            trial.set_user_attr("cost", 1.0)
            study.tell(trial, values)
        print(f"| {n} | {seconds[0]:.2f} s | {np.median(seconds[1:]):.2f} s |", flush=True)


if __name__ == "__main__":
    main()
