"""How well a measured cost repeats: one configuration, many runs, quiet and disturbed.

    python benchmarks/repeatability.py [--runs 10] [--study digits]

Each run is a real trial on one device through the local executor. Settings: alone; a neighbour
(another trial of the same kind) on the other device; a stranger spinning on the trial's own core;
resumed: the first half of the training is another trial's, taken from the store, and the
configuration's cost is the sum of both recorded halves. Its mean is to be that of the others.
Beside each trial's figures stand those of a bare loop of fixed arithmetic, timed in the same
minutes on the same core: no definition of cost can repeat better than the machine does.
Candidates for the definition of `gpu_seconds` on CPU cores are compared in the same runs:
wall time as leased, wall less strangers (what Paretune bills), and the process's CPU time.

    python benchmarks/repeatability.py --sessions 5 [--study digits]

Peak memory in fresh sessions: a process of its own each, in turn as it comes, without bytecode
caches, with an empty PYTHONPYCACHEPREFIX, with that one filled, and (as root) after the page cache
was dropped, as on a machine just booted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure.discovery import discover
from paretune.spec.study_spec import StudySpec
from paretune.trial.job import Job
from paretune.trial.outcome import Status, merged

SPIN = "while True: pass"
LOOP_MULTIPLICATIONS = 120  # of 300 x 300 matrices: about a second of fixed arithmetic


def bare_loop(core: int) -> float:
    """Seconds of CPU time that fixed arithmetic takes on this core now."""
    code = (
        "import numpy as np, time; a = np.random.default_rng(0).normal(size=(300, 300))\n"
        "t = time.process_time()\n"
        f"for _ in range({LOOP_MULTIPLICATIONS} * 10): b = a @ a\n"
        "print(time.process_time() - t)"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    return float(result.stdout)


@contextmanager
def stranger(core: int):
    """A process that is no part of the trial, spinning on its core."""
    process = subprocess.Popen([sys.executable, "-c", SPIN])
    os.sched_setaffinity(process.pid, {core})
    try:
        yield
    finally:
        process.kill()
        process.wait()


class Trials:
    """Runs one configuration again and again."""

    def __init__(self, spec: StudySpec, params: dict, folder: Path) -> None:
        self.spec, self.params, self.folder = spec, params, folder
        self.executor = LocalExecutor(
            discover({}), spec.trainable, spec.search_path, folder / "worker.log"
        )
        self.count = 0

    def start(self, store: Path | None = None, **changes) -> int:
        self.count += 1
        self.executor.start(
            Job(
                number=self.count,
                trainable=self.spec.trainable,
                params={**self.spec.train, **self.params, **changes},
                directory=str(self.folder / f"trial-{self.count}"),
                seed=0,
                data=self.spec.data,
                store=None if store is None else str(store),
            ),
            1,
        )
        return self.count

    def finish(self, number: int):
        while True:
            for event in self.executor.poll(0.2):
                if isinstance(event, Finished) and event.assignment.number == number:
                    if event.outcome.status is not Status.COMPLETED:
                        raise SystemExit(f"trial failed: {event.outcome.error}")
                    return event.outcome


def sessions(number: int, options: argparse.Namespace) -> None:
    """One trial in each of so many fresh sessions; their peak memory, side by side."""
    print("| session | peak memory MiB | from the mean |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        caches = {"PYTHONPYCACHEPREFIX": folder}
        kinds = {
            "as it comes": {},
            "no bytecode caches": {"PYTHONDONTWRITEBYTECODE": "1", **caches},
            "an empty cache prefix": caches,
            "the same, filled": caches,
            "cold page cache": {},
        }
        found = []
        for index in range(number):
            kind, environment = list(kinds.items())[index % len(kinds)]
            if kind == "cold page cache" and not drop_page_cache():
                kind = "as it comes (no right to drop the page cache)"
            done = subprocess.run(
                [
                    *(sys.executable, __file__, "--peak"),
                    *("--study", options.study, "--epochs", str(options.epochs)),
                ],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found.append((kind, float(done.stdout.split()[-1])))
    mean = np.mean([peak for _, peak in found])
    for kind, peak in found:
        print(f"| {kind} | {peak:.1f} | {100 * (peak / mean - 1):+.1f} % |")


def drop_page_cache() -> bool:
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def cv(values) -> float:
    """Coefficient of variation in per cent."""
    values = np.asarray(values, dtype=float)
    return 100 * values.std(ddof=1) / values.mean()


def measure(trials: Trials, runs: int, setting: str) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {
        name: [] for name in ("wall", "gpu_seconds", "cpu", "total", "peak", "loop")
    }
    for _ in range(runs):
        store = None
        if setting == "resumed":
            store = trials.folder / f"store-{trials.count}"
            trials.finish(trials.start(store, epochs=trials.params["epochs"] // 2))
        number = trials.start(store)
        core = int(trials.executor._runs[number].run.assignment.devices[0].removeprefix("cpu:"))
        neighbour = trials.start() if setting == "neighbour" else None
        if setting == "stranger":
            with stranger(core):
                outcome = trials.finish(number)
        else:
            outcome = trials.finish(number)
        if neighbour is not None:
            while neighbour in trials.executor.running:
                trials.executor.poll(0.2)
        train = merged(outcome.phases, outcome.reused)["train"]
        figures["wall"].append(train.wall_seconds)
        figures["gpu_seconds"].append(train.gpu_seconds)
        figures["cpu"].append(train.cpu_seconds)
        figures["total"].append(outcome.cost.gpu_seconds)
        figures["peak"].append(outcome.cost.peak_memory_mib)
        figures["loop"].append(bare_loop(core))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--study", default="digits")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--settings", default="alone,resumed,neighbour,stranger", help="comma list")
    parser.add_argument("--sessions", type=int, help="fresh sessions; only peak memory")
    parser.add_argument("--peak", action="store_true", help="of one trial, and nothing else")
    options = parser.parse_args()
    if options.sessions is not None:
        sessions(options.sessions, options)
        return
    spec = StudySpec.load(options.study)
    params = {
        **{"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "width": 1.0},
        **{"schedule": "constant", "epochs": options.epochs, "gpu_count": 1},
        **{"sparsity": 0.0, "bits": 8},
    }
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(spec, params, Path(folder))
        outcome = trials.finish(trials.start())  # the first one also warms the page cache
        if options.peak:
            trials.executor.close()
            print(outcome.cost.peak_memory_mib)
            return
        columns = ("gpu_seconds", "wall", "cpu", "total", "peak", "loop")
        print(f"{options.runs} runs each of {params}\n")
        print(
            "| setting | train gpu_seconds | cv | train wall cv | train cpu cv "
            "| trial gpu_seconds cv | peak memory MiB | cv | bare loop cv |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for setting in options.settings.split(","):
            found = measure(trials, options.runs, setting)
            spread = {name: cv(found[name]) for name in columns}
            print(
                f"| {setting} | {np.mean(found['gpu_seconds']):.2f} s | "
                f"{spread['gpu_seconds']:.1f} % | {spread['wall']:.1f} % | {spread['cpu']:.1f} % "
                f"| {spread['total']:.1f} % | {np.mean(found['peak']):.0f} | "
                f"{spread['peak']:.1f} % | {spread['loop']:.1f} % |",
                flush=True,
            )
        trials.executor.close()
    print(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
