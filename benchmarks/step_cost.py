"""CPU milliseconds of a training step, plain, pruned and quantization-aware, against another state.

    python benchmarks/step_cost.py [--against CHECKOUT [--package NAME]] [--rounds N]
        [--points WIDTH:BATCH ...] [--data FILE.npz] [--images N]

The bundled network is trained, pruned and fine-tuned by its own stages, each measurement in a
process of its own, and the states take turns. A step is what its stage costs without the phases
`setup` (building and tracing), `data` and `evaluate`, over the number of steps. `--against` is a
checkout of this repository; `--package` what its import package was called.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
POINTS = ("0.25:32", "0.25:256", "0.5:64", "1:32", "1:128")
STAGES = ("train", "prune", "qat")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path)
    parser.add_argument("--package", default="paretune", help="of the other checkout")
    parser.add_argument("--points", nargs="*", default=POINTS, help="width:batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--images", type=int, default=1078)
    parser.add_argument("--schedule", default="constant")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        width, batch = options.one.split(":")
        print(json.dumps(measure(float(width), int(batch), options)))
        return
    states = {"this": (ROOT, "paretune")}
    if options.against:
        states["other"] = (options.against, options.package)
    names = "plain ms | pruned | QAT | pruned/plain | QAT/plain | peak MiB | loss"
    print(f"| width | batch | state | {names} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for point in options.points:
        runs: dict[str, list[dict[str, float]]] = {state: [] for state in states}
        for _ in range(options.rounds):
            for state, (checkout, package) in states.items():
                runs[state].append(in_a_process_of_its_own(point, checkout, package, options))
        for state, found in runs.items():
            show(point, state, found)
        if options.against:
            ratios = (middle(runs["other"], name) / middle(runs["this"], name) for name in STAGES)
            text = ", ".join(f"{n} {r:.2f}" for n, r in zip(STAGES, ratios, strict=True))
            print(f"| | | other / this | {text} | | | | | | |", flush=True)


def show(point: str, state: str, runs: list[dict[str, float]]) -> None:
    width, batch = point.split(":")
    plain, pruned, aware = (middle(runs, name) for name in STAGES)
    spread = f"{min(r['train'] for r in runs):.2f}-{max(r['train'] for r in runs):.2f}"
    print(
        f"| {width} | {batch} | {state} | {plain:.2f} ({spread}) | {pruned:.2f} | {aware:.2f} | "
        f"{pruned / plain:.2f} | {aware / plain:.2f} | "
        f"{middle(runs, 'peak'):.0f} | {runs[0]['loss']:.6f} |",
        flush=True,
    )


def middle(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def in_a_process_of_its_own(
    point: str, checkout: Path, package: str, options: argparse.Namespace
) -> dict[str, float]:
    source = checkout / "search" if (checkout / "search" / package).is_dir() else checkout
    arguments = [f"--{name}={getattr(options, name)}" for name in ("data", "images", "schedule")]
    done = subprocess.run(
        [sys.executable, __file__, f"--one={point}", f"--package={package}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"},
    )
    record: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return record


class Context:
    """Runs stages, and knows the CPU seconds of each phase."""

    seed, number = 0, 0
    inputs: Path | None = None
    resumed = None
    devices, device_kind = ("cpu:0",), "cpu-core"

    def __init__(self, directory: Path, data: dict[str, Any]) -> None:
        self.directory, self.data = directory, data
        self.output = directory
        self.scratch: dict[str, Any] = {}
        self.elsewhere = 0.0
        self.loss = 0.0

    def report(self, epoch: int, **metrics: float) -> None:
        self.loss = metrics["loss"]

    def checkpoint(self, *_: Any) -> None:
        pass

    def note(self, **_: Any) -> None:
        pass

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.process_time()
        yield
        self.elsewhere += time.process_time() - begin


def measure(width: float, batch: int, options: argparse.Namespace) -> dict[str, float]:
    import importlib

    cnn = importlib.import_module(
        f"{options.package}.trainables.keras.cnn"
        if options.package == "paretune"
        else f"{options.package}.trainables.cnn"
    )
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    images = options.images // batch * batch
    epochs = max(round(3840 / images), 2)  # some seconds, whatever the data
    params = {
        "width": width,
        "batch_size": batch,
        "epochs": epochs,
        "schedule": options.schedule,
        "sparsity": 0.8,
        "prune_epochs": epochs,
        "bits": 4,
        "quantization": "qat",
        "qat_epochs": epochs,
    }
    steps = images // batch * epochs
    record = {}
    with tempfile.TemporaryDirectory() as folder:
        context = Context(Path(folder), {"source": options.data, "limit": options.images})
        for stage in cnn.trainable.stages:
            if stage.name not in STAGES:
                continue
            context.output = Path(folder, stage.name)
            context.output.mkdir()
            context.elsewhere, begin = 0.0, time.process_time()
            stage.run({name: params[name] for name in stage.declared(params)}, context)
            spent = time.process_time() - begin - context.elsewhere
            record[stage.name] = 1000 * spent / steps
            context.inputs = context.output
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**record, "loss": context.loss, "peak": peak_mib}


if __name__ == "__main__":
    main()
