"""The digits study twice for the same GPU-seconds: what sharing stages buys, or the whole search.

    python benchmarks/shared_stages.py [--budget 60] [--seeds 3] [--sampler tpe]
    python benchmarks/shared_stages.py --search --budget 300 [--seeds 3]

Both arms run the same study with the same budget of *paid* GPU-seconds. "alone" keeps nothing,
proposes no siblings and stops nothing early, which is what every other tool does. Without
`--search` the other arm differs in sharing only; with it, "alone" is TPE and the other arm is the
study file as it is: its sampler, its stopper, stages shared. Hypervolume is normalised over the
ideal and nadir of everything that either arm found feasible, in the study's four objectives;
"reached" is the share of the budget at which an arm has the hypervolume that "alone" ends with.
"""

from __future__ import annotations

import argparse
import tempfile

import numpy as np
import optuna

from search.objectives import Objectives
from search.pareto import hypervolume_share
from search.spec import StudySpec
from search.study.load import load_study
from search.study.observer import Silent
from search.study.run import run_study

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
        ended = {trial.number: trial.datetime_complete for trial in study.study.trials}
        found = sorted(study.records, key=lambda record: ended[record.number])
        return found, Objectives.from_spec(spec)


def curve(found, objectives, ideal, nadir):  # -> (paid GPU-seconds, hypervolume) after each trial
    paid, points, result = 0.0, [], []
    for record in found:
        paid += record.spent.gpu_seconds
        if record.values is not None and record.feasible:
            points.append([record.values[name] for name in objectives.names])
        losses = objectives.to_minimise(points)
        result.append((paid, hypervolume_share(losses, ideal, nadir) if points else 0.0))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=60.0, help="paid GPU-seconds of each study")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sampler", default="tpe", help="of both arms, without --search")
    parser.add_argument("--search", action="store_true", help="TPE alone against all we have")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    planned = arms_of(options)
    other = list(planned)[1]
    print(f"digits, alone against {other}, {options.budget:g} GPU-seconds each\n")
    print("| seed | arm | configurations | worth GPU-s | paid GPU-s | hypervolume | reached at |")
    print("|---|---|---|---|---|---|---|")
    ratios, shares = [], []
    for seed in range(options.seeds):
        arms = {}
        for label, overrides in planned.items():
            arms[label] = run(overrides, options.budget, seed)
        objectives = arms["alone"][1]
        everything = objectives.to_minimise(
            [r.values[n] for n in objectives.names]
            for found, _ in arms.values()
            for r in found
            if r.values is not None and r.feasible
        )
        ideal, nadir = everything.min(axis=0), everything.max(axis=0)
        curves = {label: curve(*arm, ideal, nadir) for label, arm in arms.items()}
        goal = curves["alone"][-1][1]
        for label, (found, _) in arms.items():
            complete = [record for record in found if record.values is not None]
            reached = next((p for p, v in curves[label] if v >= goal), float("nan"))
            worth = sum(record.cost.gpu_seconds for record in complete)
            print(
                f"| {seed} | {label} | {len(complete)} | {worth:.0f} | {curves[label][-1][0]:.0f} "
                f"| {curves[label][-1][1]:.3f} | {reached / options.budget:.2f} |",
                flush=True,
            )
        counts = {label: sum(r.values is not None for r in arm[0]) for label, arm in arms.items()}
        ratios.append(counts[other] / counts["alone"])
        reached = next((p for p, v in curves[other] if v >= goal), np.inf)
        shares.append(reached / options.budget)
    print(
        f"\nconfigurations: {np.mean(ratios):.1f}x ({min(ratios):.1f} to {max(ratios):.1f}); "
        f"hypervolume of alone at {np.median(shares):.2f} of the budget, median of "
        f"{len(shares)} seeds ({min(shares):.2f} to {max(shares):.2f}; inf: never)"
    )


if __name__ == "__main__":
    main()
