"""Images a second of the bundled network: trained, pruned, fine-tuned, and by Keras' own `fit`.

Each point is a process of its own, on one device: `python keras_steps.py WIDTH BATCH ...` prints
what it has found. A stage counts without building, tracing, compiling and scoring; of `fit`, whose
first epoch does all that, the last epoch counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from paretune.measure.devices import CPU_KIND, Device

STAGES = ("train", "prune", "qat")
COMPILED_STEPS = 2000  # as many earn a compilation back


def images_a_second(
    device: Device, source: str, limit: int | None, width: float, batch: int
) -> dict[str, float]:
    """By stage, and of `fit`; "compiled": did XLA compile the training (1 or 0)?"""
    on_cpu = device.kind == CPU_KIND
    done = subprocess.run(
        [
            *(sys.executable, __file__, str(width), str(batch)),
            *("--device", device.id, "--kind", device.kind, "--source", source),
            *(() if limit is None else ("--limit", str(limit))),
        ],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "" if on_cpu else device.id,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


class Context:
    """What a stage needs of a trial; knows the seconds of the phases inside it."""

    seed, number = 0, 0
    inputs: Path | None = None
    resumed = None

    def __init__(self, device: Device, folder: Path, data: Mapping[str, Any]) -> None:
        self.devices, self.device_kind, self.data = (device.id,), device.kind, data
        self.directory = self.output = folder
        self.scratch: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self.elsewhere = 0.0

    def report(self, epoch: int, **metrics: float) -> None:
        pass

    def checkpoint(self, *_: Any) -> None:
        pass

    def note(self, **facts: Any) -> None:
        self.notes.update(facts)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.elsewhere += time.perf_counter() - begin


def of_stages(context: Context, images: int, width: float, batch: int) -> dict[str, float]:
    """Of each stage, by its own wall seconds."""
    from paretune.trainables.keras.cnn import trainable

    per_epoch = images // batch
    on_gpu = context.device_kind != CPU_KIND
    epochs = math.ceil(COMPILED_STEPS / per_epoch) if on_gpu else 2
    params = {
        **{"width": width, "batch_size": batch, "epochs": epochs, "schedule": "cosine"},
        **{"sparsity": 0.8, "prune_epochs": epochs},
        **{"bits": 4, "quantization": "qat", "qat_epochs": epochs},
    }
    found = {}
    for stage in (stage for stage in trainable.stages if stage.name in STAGES):
        context.output = context.directory / stage.name
        context.output.mkdir()
        context.elsewhere, begin = 0.0, time.perf_counter()
        stage.run({name: params[name] for name in stage.declared(params)}, context)
        seconds = time.perf_counter() - begin - context.elsewhere
        found[stage.name] = per_epoch * epochs * batch / seconds
        context.inputs = context.output
    found["compiled"] = float(context.notes["train_compiled"])
    return found


def of_fit(train: Any, classes: int, width: float, batch: int) -> float:
    """Of plain `compile` and `fit` on float32 arrays: its fastest epoch after the first."""
    from paretune.trainables.keras import cnn

    images = train.images.astype(np.float32)
    model = cnn.build(images.shape[1:], classes, {"width": width})
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        model.fit(images, train.labels, batch_size=batch, verbose=0)
        seconds.append(time.perf_counter() - begin)
    return len(images) / min(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("width", type=float)
    parser.add_argument("batch", type=int)
    parser.add_argument("--device", default="cpu:0")
    parser.add_argument("--kind", default=CPU_KIND)
    parser.add_argument("--source", default="digits")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    from paretune.data.dataset import load_once

    table = {"source": options.source}
    if options.limit is not None:
        table["limit"] = options.limit
    data = load_once(table)
    with tempfile.TemporaryDirectory() as folder:
        context = Context(Device(options.device, options.kind), Path(folder), table)
        found = of_stages(context, len(data.train), options.width, options.batch)
    found["fit"] = of_fit(data.train, data.classes, options.width, options.batch)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
