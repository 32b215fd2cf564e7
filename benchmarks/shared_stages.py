"""The digits study twice for the same GPU-seconds: what sharing stages buys, or the whole search.

    python benchmarks/shared_stages.py [--budget 150] [--seeds 3] [--sampler tpe]
    python benchmarks/shared_stages.py --search [--budget 150] [--seeds 3]

Both arms run the same study with the same budget of *paid* GPU-seconds. "alone" keeps nothing,
proposes no siblings and stops nothing early, which is what every other tool does. Without
`--search` the other arm differs in sharing only; with it, "alone" is TPE and the other arm is the
study file as it is: its sampler, its stopper, stages shared. Hypervolume is that of the study's
four objectives, normalised over the ideal and nadir of everything that either arm found feasible:
costs in log10, the scale in which the sampler and ../shared/bench compare them ("linear" beside it
has them as they are). "Reached" is the share of the budget at which an arm has the hypervolume
that "alone" ends with; inf: not within it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
import optuna
from hypervolume_share import compared, hypervolume_share
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study

ALONE = ["search.siblings=false", "store.limit_mib=0"]
NEVER_STOP = 'stopper.name="none"'


def arms_of(options: argparse.Namespace) -> dict[str, list[str]]:
    """What each arm changes in the study file."""
    if options.search:
        return {"alone": [*ALONE, NEVER_STOP, 'sampler.name="tpe"'], "ours": []}
    same = [NEVER_STOP, f'sampler.name="{options.sampler}"']
    return {"alone": [*ALONE, *same], "shared": same}


def run(overrides: list[str], budget: float, seed: int):
    """The trials of one study in the order of their end, and its objectives."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/studies.db"
        spec = StudySpec.load(
            "digits",
            [
                f"budget.gpu_seconds={budget}",
                "budget.trials=2000",
                f"sampler.seed={seed}",
                *overrides,
            ],
        )
        run_study(spec, storage_url=url, observer=Silent())
        study = load_study(spec.name, url)
        ended = {t.number: t.datetime_complete or datetime.max for t in study.study.trials}
        found = sorted(study.records, key=lambda record: ended[record.number])
        return found, spec.objectives


@dataclass(frozen=True)
class Scale:
    """Hypervolume in one scale, over everything that both arms found."""

    losses: Callable[[list[list[float]]], np.ndarray]  # values (n, m) -> (n, m)
    ideal: np.ndarray  # (m,)
    nadir: np.ndarray  # (m,)

    def curve(self, found, names) -> list[tuple[float, float]]:
        """(paid GPU-seconds, hypervolume) after each trial."""
        paid, points, result, share = 0.0, [], [], 0.0
        for record in found:
            paid += record.spent.gpu_seconds
            if record.values is not None and record.feasible:
                points.append([record.values[name] for name in names])
                share = hypervolume_share(self.losses(points), self.ideal, self.nadir)
            result.append((paid, share))
        return result


def reached(curve, level: float) -> float:
    """What had been paid when the curve came to `level`; inf if it never did."""
    return next((paid for paid, share in curve if share >= level), float("inf"))


def held(curve, paid: float) -> float:
    """The hypervolume once so much had been paid."""
    return max((share for spent, share in curve if spent <= paid), default=0.0)


def spread(values) -> str:
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--budget", type=float, default=150.0, help="paid GPU-seconds of each study"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sampler", default="cost_aware", help="of both arms, without --search")
    parser.add_argument("--search", action="store_true", help="TPE alone against all we have")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    planned = arms_of(options)
    other = list(planned)[1]
    print(f"digits, alone against {other}, {options.budget:g} GPU-seconds each\n")
    print(
        "| seed | arm | configurations | worth GPU-s | paid GPU-s "
        "| hypervolume at 25 % | 50 % | 100 % | reached at | linear, 100 % | reached at |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    ratios, shares, linear_shares = [], [], []
    for seed in range(options.seeds):
        arms = {label: run(overrides, options.budget, seed) for label, overrides in planned.items()}
        objectives = arms["alone"][1]
        names = objectives.names
        everything = [
            [record.values[name] for name in names]
            for found, _ in arms.values()
            for record in found
            if record.values is not None and record.feasible
        ]
        scales = []
        for losses in (partial(compared, objectives), objectives.to_minimise):
            all_losses = losses(everything)
            scales.append(Scale(losses, all_losses.min(axis=0), all_losses.max(axis=0)))
        curves = {
            label: [scale.curve(found, names) for scale in scales]
            for label, (found, _) in arms.items()
        }
        goals = [curve[-1][1] for curve in curves["alone"]]
        at = {
            label: [
                reached(curve, goal) / options.budget
                for curve, goal in zip(both, goals, strict=True)
            ]
            for label, both in curves.items()
        }
        counts = {}
        for label, (found, _) in arms.items():
            complete = [record for record in found if record.values is not None]
            counts[label] = len(complete)
            worth = sum(record.cost.gpu_seconds for record in complete)
            log, linear = curves[label]
            print(
                f"| {seed} | {label} | {len(complete)} | {worth:.0f} | {log[-1][0]:.0f} "
                f"| {held(log, options.budget / 4):.3f} | {held(log, options.budget / 2):.3f} "
                f"| {log[-1][1]:.3f} | {at[label][0]:.2f} "
                f"| {linear[-1][1]:.3f} | {at[label][1]:.2f} |",
                flush=True,
            )
        ratios.append(counts[other] / counts["alone"])
        shares.append(at[other][0])
        linear_shares.append(at[other][1])
    print(
        f"\nmedian of {options.seeds} seeds (range): {spread(ratios)} times the configurations; "
        f"hypervolume of alone at {spread(shares)} of the budget, linear {spread(linear_shares)}"
    )


if __name__ == "__main__":
    main()
