"""Record real configurations of the CNN on digits, for `replay_digits.py`.

    python benchmarks/record_digits.py --out benchmarks/recorded/digits.json

Random trainings of the bundled space, then as many around those that kept the study's constraints
(else hardly one configuration in ten would be worth finding), each with two sparsities in four
bit-widths, run by this program as one study on two devices that shares stages. Every figure is one
real measurement. GPU-seconds are core-seconds.

The recorded table is not one undisturbed run of this command, and running it again gives another.
It was made in three sessions while others worked on the same two cores: 52 random trainings in two
of the four bit-widths, 23 around the feasible ones (cut short), then the other bit-widths of those
by a throw-away script over the same study (cut short, so that some have two bit-widths only). The
code of the trainable was changed in between, by a schedule that no configuration here has; its
version is part of the store's keys, so that 24 trainings ran twice. Their accuracies agree within
one validation image, their costs within 1.8 times. Per configuration:

    training   which training it belongs to; equal numbers have the same trained network
    params     as the trial was given them
    figures    the study's four objectives
    ran        GPU-seconds by phase that this trial paid, overheads (start, setup, ...) included
    reused     GPU-seconds by phase of the stages that it took from the store

With `--storage` an interrupted recording goes on where it stopped; what there is, is written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from paretune.measure import Measurement
from paretune.samplers.encoding import EncodedSpace as Encoding
from paretune.space.search_space import Space
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent, Summary
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study

DEVICES = 2
BLOCK = 8  # trainings in work at a time, so that a recording cut short has few in part
COMPRESSION = ("sparsity", "bits")
BITS = [32, 16, 8, 4]
WIDEST = 0.2  # change of a parameter, as a share of its range
DENSE_SHARE = 0.25  # of the second sparsities: the space itself would draw few that are 0


def random_trainings(space: Space, count: int, seed: int) -> list[dict[str, Any]]:
    """Points of the space, their compression included."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
    return [_rounded(space.suggest(study.ask(), DEVICES)) for _ in range(count)]


def trainings_around(
    space: Space, parents: Sequence[Mapping[str, Any]], count: int, seed: int
) -> list[dict[str, Any]]:
    """Points that differ from one of the `parents` in some of their parameters."""
    rng = np.random.default_rng(seed)
    encoding = Encoding(space.distributions(DEVICES), parents)
    units = np.array([encoding.encode(parent) for parent in parents])
    chosen = units[rng.integers(len(units), size=count)]
    points = []
    for unit in encoding.mutate(rng, chosen, WIDEST):
        params = encoding.decode(unit)
        points.append(_rounded({name: params[name] for name in space.active(params)}))
    return points


def with_compressions(trainings: Sequence[Mapping[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Eight compressions of each training, by rounds: two sparsities of every bit-width."""
    rng = np.random.default_rng(seed)
    sparsities = np.round(np.arange(0, 20) * 0.05, 2)
    drawn = []
    for params in trainings:
        first, second = (float(s) for s in rng.choice(sparsities, 2, replace=False))
        if rng.random() < DENSE_SHARE and first > 0:
            second = 0.0
        bits = []
        for _ in range(2):
            two = [int(b) for b in rng.choice(BITS, 2, replace=False)]
            bits.append([*two, *(b for b in BITS if b not in two)])
        pairs = [(s, bits[i][turn]) for turn in range(4) for i, s in enumerate((first, second))]
        drawn.append([{**params, "sparsity": s, "bits": b} for s, b in pairs])
    blocks = [drawn[i : i + BLOCK] for i in range(0, len(drawn), BLOCK)]
    return [points[turn] for block in blocks for turn in range(8) for points in block]


def _rounded(params: dict[str, Any]) -> dict[str, Any]:
    rounded = {**params, "learning_rate": float(f"{params['learning_rate']:.4g}")}
    if "momentum" in params:
        rounded["momentum"] = round(float(params["momentum"]), 3)
    return rounded


def seconds(phases: Mapping[str, Measurement]) -> dict[str, float]:
    """GPU-seconds by phase."""
    return {name: round(cost.gpu_seconds, 3) for name, cost in phases.items()}


def table(url: str) -> dict[str, Any]:
    """What the study in the storage has measured so far."""
    loaded = load_study("digits", url)
    names = list(loaded.spec.objectives.names)
    trainings: dict[str, int] = {}
    rows = []
    for record in loaded.records:
        if record.values is None:
            continue
        training = {k: v for k, v in record.params.items() if k not in COMPRESSION}
        index = trainings.setdefault(json.dumps(training, sort_keys=True), len(trainings))
        rows.append(
            {
                "training": index,
                "params": dict(record.params),
                "figures": {name: float(f"{record.values[name]:.5g}") for name in names},
                "ran": seconds(record.phases),
                "reused": seconds(record.reused),
            }
        )
    return {
        "what": "CNN on digits: random trainings, and some around the feasible ones; each run once",
        "command": "python benchmarks/record_digits.py",
        "device_kind": loaded.device_kind,
        "devices": DEVICES,
        "space": loaded.spec.space.to_json(),
        "configurations": rows,
    }


def write(recorded: dict[str, Any], path: Path) -> int:
    """Write the table, a configuration a line; returns how many."""
    head = {key: value for key, value in recorded.items() if key != "configurations"}
    rows = [json.dumps(row, separators=(",", ":")) for row in recorded["configurations"]]
    text = json.dumps(head)[:-1] + ',\n"configurations":[\n' + ",\n".join(rows) + "\n]}\n"
    path.write_text(text, encoding="utf-8")
    return len(rows)


def run(spec: StudySpec, points: Sequence[Mapping[str, Any]], url: str) -> Summary:
    """Run the points that have not run yet."""
    spec = replace(spec, baselines=tuple(points))
    observer = Silent()
    return run_study(
        spec.with_budget(trials=len(points)),
        storage_url=url,
        devices=str(DEVICES),
        observer=observer,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/recorded/digits.json"))
    parser.add_argument("--trainings", type=int, default=48, help="of each kind")
    parser.add_argument("--storage", help="keep the study here; default: nowhere")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    count, seed = options.trainings, options.seed
    spec = StudySpec.load(
        "digits",
        [
            'sampler.name="random"',
            'stopper.name="none"',
            "search.siblings=false",
            "budget.gpu_seconds=100000",
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        url = options.storage or f"sqlite:///{folder}/studies.db"
        across = with_compressions(random_trainings(spec.space, count, seed), seed)
        summary = run(spec, across, url)
        if not summary.interrupted:
            # Of the first kind only, so that a resumed recording has the same parents.
            first = load_study("digits", url).records
            parents = [r.params for r in first if r.feasible and dict(r.params) in across]
            around = trainings_around(spec.space, parents, count, seed)
            summary = run(spec, across + with_compressions(around, seed + 1), url)
        rows = write(table(url), options.out)
    print(f"{rows} configurations in {options.out}; {summary.reason}")


if __name__ == "__main__":
    main()
