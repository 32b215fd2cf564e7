"""Samplers against each other on recorded trainings of digits, in seconds a run.

    python benchmarks/replay_digits.py [--budget 300] [--seeds 10]

The table (`recorded/digits.json`, made by `record_digits.py`) is replayed: a sampler is asked for
parameters, the nearest configuration that this replay has not run yet is taken in their place, and
that one's own parameters, figures and cost are told; what was asked for is never told. Nearest is
by Euclid in the sampler's unit cube, a different choice counting 1.

    alone    a configuration pays everything: start, set-up, training, pruning, file, evaluation
    shared   it does not pay for what an earlier one of this replay has left in the stage store.
             The cost-aware sampler is offered what that makes cheap; for any other the same
             network with other bits is put in line, as the study's loop does

Hypervolume is normalised over the ideal and nadir of the table's feasible points, in the study's
four objectives, costs in log10 (the scale in which the sampler and ../shared/bench compare them).
"reached" is the share of the budget at which a run holds the hypervolume that TPE
alone, with the same seed, has at its end; a run that never does counts as infinite.

What this can show: how samplers compare on real figures and real costs, over many seeds. What it
cannot: proposals are moved to a few hundred random points, so a sampler that aims well (or keeps
asking for one good spot) gains less than in truth, and all get better the more of the table is
used up; a training has two sparsities here, not twenty, and longer trainings never go on from
shorter ones, so sharing is worth less than in a study; one trial runs at a time and no stopper
acts. Costs are as noisy as their recording (`record_digits.py`): figures of one training that were
measured in two sessions differ by up to 1.8 times, and each is taken as it is.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from hypervolume_share import compared, hypervolume_share
from hypervolume_share import feasible as is_feasible
from optuna.distributions import CategoricalDistribution
from paretune import samplers
from paretune.pareto.objectives import Objectives
from paretune.samplers import Offer, Reading
from paretune.samplers.encoding import EncodedSpace as Encoding
from paretune.space.parameters import is_active
from paretune.space.search_space import Space
from paretune.spec.study_spec import StudySpec

TABLE = Path(__file__).parent / "recorded" / "digits.json"
COST = "cost"  # of a trial run alone: what the sampler's model of the cost learns from
PAID = "paid"  # by the trial in its arm
IN_LINE = "in_line"  # a sibling that the loop has proposed: it teaches the sampler nothing
STAGES = ("train", "prune", "convert", "quantize")


@dataclass(frozen=True)
class Row:
    """A recorded configuration. GPU-seconds; what a stage costs includes its own set-up."""

    params: dict[str, Any]
    figures: dict[str, float]
    stages: tuple[tuple[Any, float], ...]  # (key of what is shared, cost), in order
    overhead: float  # paid whatever is shared: start, quantization, evaluation

    def paid(self, stored: set[Any]) -> float:
        """What it pays where `stored` has been computed."""
        return self.overhead + sum(cost for key, cost in self.stages if key not in stored)

    @property
    def alone(self) -> float:
        """What it pays where nothing is shared."""
        return self.paid(set())


def read_table(path: Path) -> tuple[list[Row], int, Space]:
    """The recorded configurations, the number of devices and the space that was recorded."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    groups: dict[int, list[dict[str, Any]]] = {}
    for entry in recorded["configurations"]:
        groups.setdefault(entry["training"], []).append(entry)
    rows = []
    for training, entries in groups.items():
        training_setup, pruning_setup = _setups(entries)
        for entry in entries:
            ran, reused = entry["ran"], entry["reused"]
            cost = {name: ran.get(name, 0.0) + reused.get(name, 0.0) for name in STAGES}
            sparsity = entry["params"]["sparsity"]
            pruned = (training, sparsity)
            stages = [(training, cost["train"] + training_setup)]
            if sparsity > 0:
                stages.append((("prune", *pruned), cost["prune"] + pruning_setup))
            stages.append((("convert", *pruned), cost["convert"]))
            beside = sum(v for name, v in ran.items() if name not in (*STAGES, "setup"))
            overhead = beside + cost["quantize"]
            rows.append(Row(entry["params"], entry["figures"], tuple(stages), overhead))
    return rows, recorded["devices"], Space.from_json(recorded["space"], str(path))


def _setups(entries: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Set-up of the training and of a pruning, of the trials that share one training.

    A trial's set-up is the sum over the stages it ran: the one that trained has both, unless its
    sparsity is 0, and one that only pruned has the latter. Some trainings were measured twice: the
    first is taken.
    """
    trained = next(e for e in entries if "train" in e["ran"])
    both = trained["ran"].get("setup", 0.0)
    pruned = [e["ran"] for e in entries if "prune" in e["ran"] and "train" not in e["ran"]]
    only = [ran["setup"] for ran in pruned]
    if "prune" not in trained["ran"]:
        return both, float(np.mean(only)) if only else 0.0
    pruning = min(float(np.mean(only)), both) if only else both / 2
    return both - pruning, pruning


class Replay:
    """One run of one sampler through the table."""

    def __init__(
        self, rows: Sequence[Row], spec: StudySpec, devices: int, budget: float, *, shared: bool
    ) -> None:
        self.rows, self.spec, self.budget, self.shared = rows, spec, budget, shared
        self.objectives = spec.objectives
        self.distributions = spec.space.distributions(devices)
        self.encoding = Encoding(self.distributions)
        self.units = np.array([self.encoding.encode(row.params) for row in rows])
        self.choices = np.array(
            [isinstance(d, CategoricalDistribution) for d in self.distributions.values()]
        )
        self.left = np.ones(len(rows), dtype=bool)
        self.stored: set[Any] = set()
        self.line: list[int] = []  # rows to run next
        self.spent = 0.0

    def run(self, name: str, seed: int) -> list[tuple[float, dict[str, float]]]:
        """(paid so far, figures) of each configuration, until the budget or the table ends."""
        reading = Reading(
            cost=lambda trial: trial.user_attrs.get(COST),
            logarithmic=self.objectives.logarithmic,
            offers=lambda study: self._offers(),
        )
        sampler = samplers.make(
            name,
            seed,
            reading=reading,
            limit=lambda study: max(self.budget - self.spent, 1e-9),
            space=self.distributions,
            hidden=lambda trial: IN_LINE in trial.user_attrs,
        )
        study = optuna.create_study(directions=self.objectives.optuna_directions, sampler=sampler)
        waits = self.shared and name != "cost_aware"
        found = []
        while self.left.any():
            trial = study.ask()
            if self.line:
                index = self.line.pop(0)
                trial.set_user_attr(IN_LINE, True)
            else:
                index = self._nearest(self._asked(study, trial))
            row = self.rows[index]
            paid = row.paid(self.stored)
            if self.spent + paid > self.budget:
                break
            self.spent += paid
            self.left[index] = False
            if self.shared:
                self.stored.update(key for key, _ in row.stages)
            feasible = self._tell(study, trial, row)
            found.append((self.spent, row.figures))
            if waits and feasible:
                last = row.stages[-1][0]
                self.line += [
                    i
                    for i in np.flatnonzero(self.left).tolist()
                    if self.rows[i].stages[-1][0] == last and i not in self.line
                ]
        return found

    def _asked(self, study: optuna.Study, trial: optuna.Trial) -> dict[str, Any]:
        """The sampler's wish, read without writing it into the trial."""
        frozen = study.get_trials(deepcopy=False)[trial.number]
        params: dict[str, Any] = {}
        for parameter in self.spec.space.parameters:
            name = parameter.name
            if not is_active(parameter, params):
                continue
            if name in trial.relative_params:
                params[name] = trial.relative_params[name]
            else:
                params[name] = study.sampler.sample_independent(
                    study, frozen, name, self.distributions[name]
                )
        return params

    def _nearest(self, params: Mapping[str, Any]) -> int:
        unit = self.encoding.encode(params)
        away = np.abs(self.units - unit)
        away = np.where(self.choices, away > 1e-9, away)
        distance = np.where(self.left, np.square(away).sum(axis=1), np.inf)
        return int(np.argmin(distance))

    def _tell(self, study: optuna.Study, trial: optuna.Trial, row: Row) -> bool:
        """Make the asked trial one of the row; returns whether it is feasible."""
        for name, value in row.params.items():
            distribution = self.distributions[name]
            internal = distribution.to_internal_repr(value)
            study._storage.set_trial_param(trial._trial_id, name, internal, distribution)
        trial.set_user_attr(COST, row.alone)
        violations = self.objectives.violations(row.figures)
        for name, violation in violations.items():
            trial.set_constraint(name, violation)
        study.tell(trial, self.objectives.values(row.figures))
        return all(violation <= 0 for violation in violations.values())

    def _offers(self) -> list[Offer]:
        if not self.shared:
            return []
        return [
            Offer(self.rows[i].params, self.rows[i].paid(self.stored))
            for i in np.flatnonzero(self.left).tolist()
            if self.rows[i].stages[0][0] in self.stored
        ]


class Judge:
    """Hypervolume within the table's feasible points."""

    def __init__(self, rows: Sequence[Row], objectives: Objectives) -> None:
        self.objectives = objectives
        losses = self._losses([row.figures for row in rows])
        self.ideal, self.nadir = losses.min(axis=0), losses.max(axis=0)

    def _losses(self, figures: Sequence[dict[str, float]]) -> np.ndarray:
        kept = [f for f in figures if is_feasible(self.objectives, f)]
        return compared(self.objectives, [self.objectives.values(f) for f in kept])

    def curve(self, found: Sequence[tuple[float, dict[str, float]]]) -> list[tuple[float, float]]:
        """(paid, hypervolume) after each configuration."""
        result = []
        for count, (paid, _) in enumerate(found, start=1):
            losses = self._losses([figures for _, figures in found[:count]])
            share = hypervolume_share(losses, self.ideal, self.nadir) if len(losses) else 0.0
            result.append((paid, share))
        return result


def held(curve: Sequence[tuple[float, float]], paid: float) -> float:
    """The hypervolume once so much has been paid."""
    return max((value for spent, value in curve if spent <= paid), default=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--budget", type=float, default=300.0, help="paid GPU-seconds of each run")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--samplers", default="tpe,random,nsgaii,cost_aware", help="gp needs torch")
    parser.add_argument("--unconstrained", action="store_true", help="without accuracy >= 0.9")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    rows, devices, space = read_table(options.table)
    spec = replace(StudySpec.load("digits"), space=space)
    if options.unconstrained:
        spec = replace(spec, objectives=replace(spec.objectives, constraints=()))
    objectives = spec.objectives
    judge = Judge(rows, objectives)
    feasible = sum(is_feasible(objectives, row.figures) for row in rows)
    print(
        f"{len(rows)} configurations, {feasible} feasible, worth "
        f"{sum(row.alone for row in rows):.0f} GPU-seconds alone; budget {options.budget:g}, "
        f"{options.seeds} seeds\n"
    )
    print("| sampler | arm | configurations | HV 25 % | HV 50 % | HV 100 % | reached | s a run |")
    print("|---|---|---|---|---|---|---|---|")
    # TPE alone comes first: it sets the goal.
    names = ["tpe", *(n for n in options.samplers.split(",") if n != "tpe")]
    goals: list[float] = []
    for shared in (False, True):
        for name in names:
            curves, counts, began = [], [], time.process_time()
            for seed in range(options.seeds):
                replay = Replay(rows, spec, devices, options.budget, shared=shared)
                found = replay.run(name, seed)
                curves.append(judge.curve(found))
                counts.append(len(found))
            took = (time.process_time() - began) / options.seeds
            goals = goals or [held(curve, options.budget) for curve in curves]
            cells = []
            for share in (0.25, 0.5, 1.0):
                values = np.array([held(curve, share * options.budget) for curve in curves])
                error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
                cells.append(f"{values.mean():.3f} ± {error:.3f}")
            reached = [
                next((paid for paid, value in curve if value >= goal), np.inf) / options.budget
                for curve, goal in zip(curves, goals, strict=True)
            ]
            cells.append(f"{np.median(reached):.2f} [{min(reached):.2f}, {max(reached):.2f}]")
            arm = "shared" if shared else "alone"
            print(
                f"| {name} | {arm} | {np.mean(counts):.0f} | {' | '.join(cells)} | {took:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
