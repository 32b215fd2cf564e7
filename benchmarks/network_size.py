"""What each stage costs with networks of real size: CPU seconds and the process' peak memory.

    python benchmarks/network_size.py [wide] [mobile] [cnn]

`wide` is two dense layers of ten million weights on 28x28 pictures, `mobile` MobileNetV2 on 32x32
pictures of 1,000 classes (3.5 million parameters), `cnn` the bundled network on 224x224 pictures in
colour (11 million parameters). The data are random bytes, for what is asked here are sizes. Each
network is trained for an epoch and pruned to 0.8 once, in a process of its own, and stored in 32,
16, 8, 4 and 2 bits (2 with its fine-tuning). Peak memory is the process' resident set, code and
data included; `start` is what it holds before anything has been built.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PARAMS: dict[str, Any] = {"epochs": 1, "prune_epochs": 1, "qat_epochs": 1, "sparsity": 0.8}
NETWORKS: dict[str, dict[str, Any]] = {
    "wide": {"shape": (28, 28, 1), "classes": 10, "images": 1200, "batch_size": 128},
    "mobile": {"shape": (32, 32, 3), "classes": 1000, "images": 1536, "batch_size": 128},
    "cnn": {"shape": (224, 224, 3), "classes": 10, "images": 96, "batch_size": 16},
}
BITS = (32, 16, 8, 4, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help=", ".join(NETWORKS))
    parser.add_argument("--one", choices=NETWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one)
        return
    print("| network | bits | stage | CPU s | peak MiB | file KiB | compressed | weights |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in options.networks or NETWORKS:
        command = [sys.executable, __file__, f"--one={name}"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


@dataclass
class Context:
    """What a stage is given, without a trial around it."""

    data: Mapping[str, Any]
    directory: Path
    inputs: Path | None = None
    output: Path = Path()
    seed: int = 0
    number: int = 0
    devices: tuple[str, ...] = ("cpu:0",)
    device_kind: str = "cpu-core"
    resumed: None = None
    scratch: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def report(self, epoch: int, **metrics: float) -> None:
        pass

    def checkpoint(
        self, reached: int, write: Callable[[Path], None], metrics: Mapping[str, float]
    ) -> None:
        pass

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        yield

    def save_artifact(self, source: Path, name: str) -> Path:
        return Path(shutil.copyfile(source, self.directory / name))

    def note(self, **facts: Any) -> None:
        self.notes.update(facts)


def measure(name: str) -> None:
    from paretune.trainables.keras import any_network, cnn

    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        network = NETWORKS[name]
        context = Context(random_data(directory, network), directory)
        params = {**PARAMS, "batch_size": network["batch_size"]}
        params["keras_model"] = f"{Path(__file__).stem}:{name}"
        trainable = cnn.trainable if name == "cnn" else any_network.trainable
        print(f"| {name} | | start | | {allocated_mib('VmRSS'):.0f} | | | |", flush=True)
        for bits in (None, *BITS):
            for stage in trainable.stages:
                first = stage.name in ("train", "prune")
                asked = {**params, "bits": bits or 32}
                if first == (bits is None) and stage.when(asked):
                    run(stage, asked, context, name=name, bits=bits)
            if bits is None:
                pruned = context.inputs
            context.inputs = pruned


def run(stage: Any, params: dict[str, Any], context: Any, *, name: str, bits: int | None) -> None:
    context.output = context.directory / f"{stage.name}-{bits}"
    context.output.mkdir()
    visible = {key: params[key] for key in stage.declared(params)}
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    begin = time.process_time()
    metrics = stage.run(visible, context) or {}
    seconds = time.process_time() - begin
    context.inputs = context.output
    sizes = " | | "
    if "model_kib" in metrics:
        types = ", ".join(context.notes["weight_types"])
        sizes = f"{metrics['model_kib']:,.0f} | {metrics['model_kib_compressed']:,.0f} | {types}"
    peak = allocated_mib("VmHWM")
    print(f"| {name} | {bits or ''} | {stage.name} | {seconds:.1f} | {peak:.0f} | {sizes} |")
    sys.stdout.flush()


def random_data(folder: Path, network: dict[str, Any]) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 256, (network["images"], *network["shape"]), dtype=np.uint8)
    labels = np.arange(network["images"], dtype=np.int32) % network["classes"]
    path = folder / "data.npz"
    np.savez(path, x_train=rows, y_train=labels, x_test=rows[:50], y_test=labels[:50])
    return {"source": str(path)}


def allocated_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def wide(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(3000, activation="relu"),
            layers.Dense(2500, activation="relu"),
            layers.Dense(classes),
        ]
    )


def mobile(input_shape: tuple[int, ...], classes: int, params: dict[str, Any]) -> Any:
    import tf_keras

    layers = tf_keras.layers
    network = tf_keras.applications.MobileNetV2(
        input_shape, weights=None, classes=classes, classifier_activation="softmax"
    )
    inputs = layers.Input(input_shape)
    return tf_keras.Model(inputs, network(layers.Rescaling(1 / 127.5, -1)(inputs)))


if __name__ == "__main__":
    main()
