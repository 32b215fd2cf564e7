"""The same trial on float32 arrays and on the prepared form of the same data.

    python benchmarks/data.py [--data FILE.npz] [--images N] [--epochs N] [--rounds N]

Both hold the same values. Each trial is a study of its own with one configuration of the bundled
network; the forms take turns. Figures: bytes of the files, bytes of the training images in memory,
which is what every epoch sends, seconds to load them and peak memory of a process that does
nothing else, seconds an epoch, and the trial's own memory. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"
LOAD = """
import json, re, sys, time
from pathlib import Path
from paretune.data.dataset import load

def peak():  # getrusage has that of the process before exec
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

before, start = peak(), time.process_time()
images = load({"source": sys.argv[1]}).train.images
seconds = time.process_time() - start
print(json.dumps({"load": seconds, "peak": peak() - before, "bytes": images.nbytes}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(DEFAULT_DATA) if DEFAULT_DATA.exists() else "digits")
    parser.add_argument("--images", type=int, default=12_000, help="of training and validation")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        sources = both_forms(options.data, options.images, Path(folder))
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in sources}
        for number in range(options.rounds):
            for name, source in sources.items():
                runs[name].append(
                    loaded(source) | trained(name, source, options.epochs, Path(folder), number)
                )
        sizes = {name: on_disk(Path(source)) for name, source in sources.items()}
    print(
        "| form | file, MB | images in memory, MB | load, CPU s | load, MiB at its peak "
        "| an epoch, CPU s | trial, MiB | accuracy |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, found in runs.items():
        figures = {key: statistics.median(run[key] for run in found) for key in found[0]}
        print(
            f"| {name} | {sizes[name] / 1e6:.1f} | {figures['bytes'] / 1e6:.1f} | "
            f"{figures['load']:.2f} | {figures['peak']:.0f} | {figures['epoch']:.2f} | "
            f"{figures['memory']:.0f} | {figures['accuracy']:.4f} |"
        )


def both_forms(data: str, images: int, folder: Path) -> dict[str, str]:
    """The same rows as float32 arrays in a plain .npz, and prepared."""
    from paretune.data.data_options import DataOptions
    from paretune.data.prepare_data import prepare
    from paretune.data.raw_data import TEST, TRAIN
    from paretune.data.sources import read_source

    parts = read_source(DataOptions(data)).parts
    train, test = parts[TRAIN], parts[TEST]
    arrays = {
        "x_train": train.rows[:images].astype(np.float32),
        "y_train": train.labels[:images],
        "x_test": test.rows.astype(np.float32),
        "y_test": test.labels,
    }
    plain = folder / "float32.npz"
    np.savez(plain, **arrays)
    prepare(DataOptions(str(plain)), folder / "prepared")
    return {"float32 arrays": str(plain), "prepared": str(folder / "prepared")}


def on_disk(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def loaded(source: str) -> dict[str, float]:
    """By a process that does nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, source], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def trained(name: str, source: str, epochs: int, folder: Path, number: int) -> dict[str, float]:
    """One trial of the bundled network."""
    from paretune import Budget, Study

    train: dict[str, Any] = {"epochs": epochs, "width": 0.25, "batch_size": 128}
    study = Study(
        f"{name.replace(' ', '-')}-{number}",
        "cnn",
        space={"learning_rate": 1e-3},
        objectives={"accuracy": "maximize", "gpu_seconds": "minimize"},
        data={"source": source},
        train=train,
        budget=Budget(trials=1),
        seed=1,
        store_limit_mib=0.0,
    )
    result = study.run(devices=1, storage=f"sqlite:///{folder}/{number}.db", progress=False)
    (record,) = result.trials
    values = record.values or {}
    return {
        "epoch": (record.phases["train"].cpu_seconds or 0.0) / epochs,
        "memory": record.cost.peak_memory_mib or 0.0,
        "accuracy": values["accuracy"],
    }


if __name__ == "__main__":
    main()
