"""What a trial's training costs beside plain Keras training of the same network.

    python benchmarks/training_speed.py [--data FILE.npz] [--images N] [--rounds N] [--width W]

Each measurement is a process of its own, forked from one that has only imported the framework, and
the variants take turns. Three figures for each: CPU seconds from the fork to the end of the first
batch (start-up: building and tracing), images per CPU second after it, and the wall seconds of all
of it, in which the waiting of `fit` for its input pipeline shows. `fit` is
`compile` and `fit` on float32 NumPy arrays, with the same convolutions (oneDNN) and without (the
framework's own default here).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 128
VARIANTS = ("ours", "fit", "fit, oneDNN off")
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(DEFAULT_DATA) if DEFAULT_DATA.exists() else "digits")
    parser.add_argument("--images", type=int, default=3840, help="a multiple of 128")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--one", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options)))
        return
    results: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    for _ in range(options.rounds):
        for variant in VARIANTS:
            results[variant].append(in_a_process_of_its_own(variant, options))
    print(
        "| variant | start-up, CPU s | images per CPU s | of fit | whole, wall s | of fit | loss |"
    )
    print("|---|---|---|---|---|---|---|")
    plain = {name: middle(results["fit"], name) for name in ("rate", "wall")}
    for variant, runs in results.items():
        rates = [run["rate"] for run in runs]
        rate, wall = middle(runs, "rate"), middle(runs, "wall")
        print(
            f"| {variant} | {middle(runs, 'start'):.2f} | "
            f"{rate:,.0f} ({min(rates):,.0f}-{max(rates):,.0f}) | {rate / plain['rate']:.2f} | "
            f"{wall:.2f} | {wall / plain['wall']:.2f} | {runs[-1]['loss']:.4f} |"
        )


def middle(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def in_a_process_of_its_own(variant: str, options: argparse.Namespace) -> dict[str, float]:
    environment = {
        **os.environ,
        "TF_ENABLE_ONEDNN_OPTS": "0" if variant.endswith("off") else "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[1] / "search"),
    }
    arguments = [
        f"--{name}={getattr(options, name)}" for name in ("data", "images", "epochs", "width")
    ]
    done = subprocess.run(
        [sys.executable, __file__, f"--one={variant}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=environment,
    )
    record: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return record


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Fork, train, and bring the figures back through a pipe."""
    from paretune.data.dataset import load_once
    from paretune.trainables.keras import framework

    data = load_once({"source": options.data, "limit": options.images})
    assert framework.fork_safe() is None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        record = train_ours(data, options) if options.one == "ours" else train_fit(data, options)
        os.write(writing, json.dumps(record).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    record = json.loads(text)
    return record


class Clock:
    """CPU seconds of this process at the start, after the first batch, and at the end."""

    def __init__(self) -> None:
        self.marks = [time.process_time()]
        self.begin = time.perf_counter()

    def mark(self) -> None:
        self.marks.append(time.process_time())


def train_ours(data: Any, options: argparse.Namespace) -> dict[str, float]:
    import contextlib
    import dataclasses

    from paretune.trainables.keras import cnn, framework
    from paretune.trainables.keras.network import Architecture, build
    from paretune.trainables.keras.training import FitPlan, fit
    from paretune.trainables.keras.weight_rule import PlainWeights
    from paretune.trainables.settings import TrainSettings

    clock = Clock()
    losses = []

    class Context:
        scratch: dict[str, Any] = {}  # noqa: RUF012
        devices = ("cpu:0",)
        device_kind = "cpu-core"

        def report(self, epoch: int, **metrics: float) -> None:
            losses.append(metrics["loss"])

        def note(self, **facts: Any) -> None:
            pass

        @contextlib.contextmanager
        def phase(self, name: str) -> Any:
            yield
            if name == "setup":
                clock.mark()

    # One validation image: scoring is no part of what is compared.
    data = dataclasses.replace(data, validation=data.validation.take(np.arange(1)))
    context: Any = Context()
    session = framework.configure(context)
    network = Architecture(cnn.build, ("width",), repeatable=True)
    model = build(network, data, {"width": options.width}, session, 0, {})
    settings = TrainSettings(batch_size=BATCH, epochs=options.epochs)
    plan = FitPlan(settings, settings.epochs, 1, 0, "train", judged_epochs=settings.epochs)
    # The rehearsal is the first batch: it is undone, and no part of the images that are counted.
    fit(model, data, plan, session=session, context=context, rule=PlainWeights(), repeatable=True)
    clock.mark()
    return figures(clock, len(data.train) // BATCH * BATCH * options.epochs, losses[-1])


def train_fit(data: Any, options: argparse.Namespace) -> dict[str, float]:
    from paretune.trainables.keras import cnn
    from paretune.trainables.keras.framework import seed_everything, tf, tf_keras

    clock = Clock()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    seed_everything(0)
    model = cnn.build(data.input_shape, data.classes, {"width": options.width})
    model.compile(
        tf_keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    count = len(data.train) // BATCH * BATCH
    images, labels = data.train.images[:count].astype(np.float32), data.train.labels[:count]

    class AfterFirst(tf_keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if len(clock.marks) == 1:
                clock.mark()

    history = model.fit(
        images,
        labels,
        batch_size=BATCH,
        epochs=options.epochs,
        verbose=0,
        callbacks=[AfterFirst()],
    )
    clock.mark()
    return figures(clock, count * options.epochs - BATCH, history.history["loss"][-1])


def figures(
    clock: Clock,
    images: int,  # after the first batch
    loss: float,
) -> dict[str, float]:
    begin, first, end = clock.marks
    return {
        "start": first - begin,
        "rate": images / (end - first),
        "wall": time.perf_counter() - clock.begin,
        "loss": loss,
    }


if __name__ == "__main__":
    main()
