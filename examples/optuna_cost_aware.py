"""Paretune's cost-aware sampler in a plain Optuna study: no study file, no storage of ours.

    python examples/optuna_cost_aware.py

Logistic regression of scikit-learn's digits by gradient descent, in numpy: its error against the
seconds that its training took. What each trial took is told in a user attribute, and so the
sampler looks where the front should grow most for a second of training. Beside it the same number
of trials by TPE, which takes all trials to cost the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import optuna
from paretune.samplers import CostAwareSampler

TRIALS = 25
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def digits() -> Arrays:
    """1,347 digits to learn from, 450 to be judged by."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    return x[:1347], y[:1347], x[1347:], y[1347:]


def train(data: Arrays, rate: float, batch: int, epochs: int) -> float:
    """Softmax regression by minibatch gradient descent; returns the error on held-out digits."""
    x, y, x_test, y_test = data
    rng = np.random.default_rng(0)
    weights = np.zeros((x.shape[1], 10))
    targets = np.eye(10)[y]
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), max(len(x) // batch, 1)):
            scores = np.exp(x[rows] @ weights)
            gap = scores / scores.sum(1, keepdims=True) - targets[rows]
            weights -= rate * x[rows].T @ gap / len(rows)
    return float(np.mean((x_test @ weights).argmax(1) != y_test))


def objective(data: Arrays) -> Callable[[optuna.Trial], tuple[float, float]]:
    """Error and seconds of one configuration; its cost is told in a user attribute."""

    def run(trial: optuna.Trial) -> tuple[float, float]:
        rate = trial.suggest_float("rate", 1e-3, 3.0, log=True)
        batch = trial.suggest_int("batch", 8, 1024, log=True)
        epochs = trial.suggest_int("epochs", 1, 200, log=True)
        began = time.process_time()
        error = train(data, rate, batch, epochs)
        seconds = time.process_time() - began
        trial.set_user_attr("seconds", seconds)
        return error, seconds

    return run


def spent(study: optuna.Study) -> float:
    """Seconds of all trials."""
    return sum(trial.user_attrs["seconds"] for trial in study.trials)


def main() -> None:
    """Two searches of as many trials, and what each has cost."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    data = digits()
    samplers: dict[str, optuna.samplers.BaseSampler] = {
        "cost-aware": CostAwareSampler(seed=0, cost="seconds", logarithmic=[False, True]),
        "TPE": optuna.samplers.TPESampler(seed=0),
    }
    for name, sampler in samplers.items():
        study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
        study.optimize(objective(data), n_trials=TRIALS)
        print(f"{name}: {len(study.trials)} trials cost {spent(study):.2f} seconds; its front:")
        for trial in sorted(study.best_trials, key=lambda trial: trial.values):
            print(f"  error {trial.values[0]:.3f} in {trial.values[1]:.3f} s  {trial.params}")


if __name__ == "__main__":
    main()
