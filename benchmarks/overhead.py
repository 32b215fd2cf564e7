"""What starting a trial costs: a fork of the warm parent against a fresh Python process.

    python benchmarks/overhead.py [--runs 5] [--busy]

The same configuration of the bundled CNN either way, interleaved, in CPU seconds of the trial's
own process (user + system, children included). "until ready" is everything before the trainable
is entered; "until training" adds loading the data, building the network, tracing the graph and
its first run (which is undone): everything that is not the trial's own training. A fresh process
runs the very same worker code after importing the framework.

With --busy it also runs a study of trials of at least five seconds on two devices, and prints
the share of the study's wall time in which devices were leased and at work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure.devices import Device
from paretune.measure.discovery import discover
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.trial.job import Job

PARAMS = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 128,
    "width": 1.0,
    "schedule": "constant",
    "epochs": 1,
    "gpu_count": 1,
    "sparsity": 0.0,
    "bits": 32,
}
DATA = {"source": "digits"}
FRESH = """
import json, os, resource, sys
directory = sys.argv[1]
log = os.open(directory + "/log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(log, 1); os.dup2(log, 2)
import paretune.trainables.keras.framework
from paretune.worker.trial_process import run_assignment
run_assignment(directory)
"""


def job(folder: Path, number: int) -> Job:
    return Job(
        number=number,
        trainable="cnn",
        params=PARAMS,
        directory=str(folder / f"trial-{number}"),
        seed=0,
        data=DATA,
    )


def start_up(directory: Path) -> tuple[float, float]:
    """CPU seconds until the trainable is entered, and until training begins."""
    marks = []
    for line in (directory / "reports.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["kind"] == "phase":
            marks.append((record["name"], record["snapshot"]["cpu_seconds"]))
    names = [name for name, _ in marks]
    trained = names.index("evaluate") - 1  # the last mark before the first epoch's scoring
    assert names[trained] == "train"
    assert "setup" in names[:trained]
    return marks[0][1], marks[trained][1]


def fork(executor: LocalExecutor, folder: Path, number: int) -> tuple[float, float]:
    executor.start(job(folder, number), 1)
    while not any(isinstance(event, Finished) for event in executor.poll(0.2)):
        pass
    return start_up(folder / f"trial-{number}")


def fresh(folder: Path, number: int, device: Device) -> tuple[float, float]:
    task = job(folder, number).on([device])
    Path(task.directory).mkdir(parents=True)
    task.write()
    subprocess.run([sys.executable, "-c", FRESH, task.directory], check=True, env=os.environ)
    return start_up(Path(task.directory))


def compare(runs: int) -> None:
    rows: dict[str, list[tuple[float, float]]] = {"fork of a warm parent": [], "fresh python": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        device = discover({})[0]
        executor = LocalExecutor(discover({}), "cnn", None, folder / "worker.log", data=DATA)
        fork(executor, folder, 0)
        for run in range(1, runs + 1):
            for label, marks in (
                ("fork of a warm parent", fork(executor, folder, run)),
                ("fresh python", fresh(folder, 1000 + run, device)),
            ):
                rows[label].append(marks)
        executor.close()
    print(f"CPU seconds of the trial's process, median of {runs} interleaved runs\n")
    print("| start | until ready | until training, tracing included |")
    print("|---|---|---|")
    medians = {label: np.median(np.array(values), axis=0) for label, values in rows.items()}
    for label, (ready, first) in medians.items():
        print(f"| {label} | {ready:.3f} | {first:.2f} |")
    ratio = medians["fresh python"] / medians["fork of a warm parent"]
    print(f"| ratio | {ratio[0]:.0f}x | {ratio[1]:.1f}x |")


def busy(trials: int, sampler: str) -> None:
    """Devices at work during a study of trials of five seconds and more, on two devices."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/studies.db"
        spec = StudySpec.load(
            "digits",
            [
                f"budget.trials={trials}",
                f'sampler.name="{sampler}"',
                "search.siblings=false",
                "store.limit_mib=0",
                "train.epochs=24",
                "train.width=1.0",
                'train.stem="pool"',
                "train.gpu_count=1",
                "train.batch_size=64",
                "constraints={}",
                "baseline=[]",
                "budget.gpu_seconds=3600",
            ],
        )
        began = time.monotonic()
        summary = run_study(spec, storage_url=url, observer=Silent())
        wall = time.monotonic() - began
        records = load_study("digits", url).records
        leased = sum(cost.wall_seconds for record in records for cost in record.phases.values())
        devices = summary.state.devices
    each = leased / len(records)
    print(f"\n{len(records)} trials of {each:.1f} s on {devices} devices in {wall:.1f} s:")
    print(f"devices leased {100 * leased / (devices * wall):.1f} % of the wall time, the warm")
    print(f"parent's import included; without it ({summary.state.wall_seconds:.1f} s): ", end="")
    print(f"{100 * leased / (devices * summary.state.wall_seconds):.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="also run the study on two devices")
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--sampler", default="cost_aware")
    options = parser.parse_args()
    compare(options.runs)
    if options.busy:
        busy(options.trials, options.sampler)


if __name__ == "__main__":
    main()
