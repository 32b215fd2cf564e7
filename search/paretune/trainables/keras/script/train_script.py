"""Writes `train.py`: one configuration's training, readable, with TensorFlow alone.

The script holds what this configuration uses and no more: its network, schedule, pruning and
quantization with their values in place. It makes the same choices as the chain of stages, in the
same order, so that on one kind of processor its network is the study's; what it does differently
it says first. Imports no framework.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from paretune.measure.devices import CPU_KIND
from paretune.trainables import Params
from paretune.trainables.keras.script import compression_parts, network_parts, training_parts
from paretune.trainables.settings import (
    AwareSettings,
    DecaySettings,
    PruneSettings,
    QuantizeSettings,
    TrainSettings,
)

_HEAD = '''\
"""Trains $title again, with TensorFlow and without Paretune.

    python train.py [--data DATA] [--out FOLDER]

It writes model.keras and model.tflite to FOLDER ("trained") and prints their accuracy.
$differences
"""

'''
_OPENING = """\
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # before TensorFlow is imported

import numpy as np
import tensorflow as tf
import tf_keras
"""
_MAIN = """\
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=Path("trained"))
    options = parser.parse_args()
    parts = load(options.data)
    images, labels = parts["train"]

$threads    tf.config.experimental.enable_op_determinism()
    tf_keras.utils.set_random_seed($first_seed)  # of the initial weights
    model = network(images.shape[1:], int(labels.max()) + 1)
    optimizer = $optimizer
    per_epoch = max(len(images) // BATCH, 1)  # steps; a last, smaller batch is left out
$steps
    options.out.mkdir(parents=True, exist_ok=True)
    model.save(options.out / "model.keras")
    file = convert(model, images)
    (options.out / "model.tflite").write_bytes(file)
    for name, (images, labels) in parts.items():
        if name != "train":
            network_accuracy = np.mean(model.predict(images, verbose=0).argmax(axis=1) == labels)
            print(f"{name}: model.keras {network_accuracy}, "
                  f"model.tflite {file_accuracy(file, images, labels)}")


if __name__ == "__main__":
    main()
"""
_STAGE_SEEDS = 5  # of one trial: the training's is the first


def train_script(
    params: Params,
    data: Mapping[str, Any],
    seed: int,
    *,
    trainable: str,
    device_kind: str,
    title: str,
) -> str:
    """The text of the script. Raises TrainableError for parameters that cannot be used."""
    train, pruning = TrainSettings.parse(params), PruneSettings.parse(params)
    aware, quantize = AwareSettings.parse(params), QuantizeSettings.parse(params)
    own_network = trainable == "keras"
    network = network_parts.imported(params) if own_network else network_parts.bundled(params)
    differences = _differences(
        train, quantize, data, own_network=own_network, device_kind=device_kind
    )
    blocks = [
        _imports(params, pruning, own_network=own_network) + _constants(train, pruning, seed),
        training_parts.LOADING,
        *(f"{block}\n" for block in network),
        training_parts.schedules(params),
        training_parts.fitting(own_network=own_network),
        *compression_parts.rules(pruning, aware, own_network=own_network),
        compression_parts.conversion(quantize, aware, train.precision),
        training_parts.FILE_ACCURACY,
        Template(_MAIN).substitute(
            threads=_threads(train) if device_kind == CPU_KIND else "",
            first_seed=seed * _STAGE_SEEDS % 2**32,
            optimizer=training_parts.optimizer(train),
            steps=_steps(params, pruning, aware, own_network=own_network),
        ),
    ]
    head = Template(_HEAD).substitute(title=title, differences=_listed(differences))
    return head + "\n\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _imports(params: Params, pruning: PruneSettings, *, own_network: bool) -> str:
    schedule = params.get("schedule", "constant")
    needs_math = schedule != "constant" or pruning.asked or AwareSettings.parse(params).asked
    names = ["argparse", "os"]
    names += ["math"] if needs_math else []
    names += ["importlib", "sys"] if own_network else []
    lines = [
        *(f"import {name}" for name in sorted(names)),
        "from pathlib import Path",
        "",
        _OPENING,
    ]
    text = "\n".join(lines)
    return text + ("import tensorflow_model_optimization as tfmot\n" if _by_tfmot(pruning) else "")


def _by_tfmot(pruning: PruneSettings) -> bool:
    """Is there a schedule of growing sparsity?"""
    return pruning.asked and pruning.pruning_structure == "unstructured"


def _constants(train: TrainSettings, pruning: PruneSettings, seed: int) -> str:
    lines = [
        "",
        f"SEED = {seed}",
        f"EPOCHS = {train.epochs}",
        f"BATCH = {train.batch_size}",
        f"LEARNING_RATE = {train.learning_rate!r}",
    ]
    if _by_tfmot(pruning):
        lines.append(f"SPARSITY = {pruning.sparsity!r}")
    return "\n".join([*lines, 'DATA = Path(__file__).parent / "data.npz"'])


def _threads(train: TrainSettings) -> str:
    """As many as the trial had: they decide in which order numbers are added."""
    threads = 1 if train.strategy == "mirrored" else train.gpu_count
    return (
        f"    tf.config.threading.set_intra_op_parallelism_threads({threads})  # the study's\n"
        "    tf.config.threading.set_inter_op_parallelism_threads(1)\n"
    )


def _steps(
    params: Params, pruning: PruneSettings, aware: AwareSettings, *, own_network: bool
) -> str:
    """The lines of `main` that train: the training, and what follows it."""
    train, decay = TrainSettings.parse(params), DecaySettings.parse(params)
    lines = [
        f"rates = {training_parts.rates(train)}",
        "fit(model, images, labels, optimizer, rates, first_epoch=1)",
    ]
    done = train.epochs
    if decay.asked:
        epochs = decay.duration(train.epochs)
        if own_network:  # its optimizer begins anew, as the study's did
            lines.append(f"optimizer = {training_parts.optimizer(train)}")
        lines += [
            f"rates = falling({epochs} * per_epoch)",
            f"fit(model, images, labels, optimizer, rates, first_epoch={done + 1})",
        ]
        done += epochs
    for settings, rule in ((pruning, "Pruning"), (aware, "OnGrid")):
        if settings.asked:
            epochs = settings.duration(train.epochs)
            lines += [
                f"optimizer = {training_parts.optimizer(train)}",
                f"rates = cosine({epochs} * per_epoch)",
                f"rule = {rule}(model, len(rates))",
                f"fit(model, images, labels, optimizer, rates, first_epoch={done + 1}, rule=rule)",
            ]
            done += epochs
    if aware.asked:
        lines.append("rule.settle()")
    return "\n".join(f"    {line}" for line in lines)


def _differences(
    train: TrainSettings,
    quantize: QuantizeSettings,
    data: Mapping[str, Any],
    *,
    own_network: bool,
    device_kind: str,
) -> list[str]:
    found = []
    if train.gpu_count > 1 and (train.strategy == "mirrored" or device_kind != CPU_KIND):
        found.append(
            f"it trains on one device; the study used {train.gpu_count}, and what they add up in "
            "another order differs in the last digits"
        )
    if quantize.activations == "float" and quantize.bits in (16, 8):
        found.append(
            f"TensorFlow's converter stores the weights in {quantize.bits} bits; the study's file "
            "is rounded by ai-edge-quantizer, and differs in the last digits"
        )
    if quantize.bits in (4, 2):
        stored = "8-bit integers" if quantize.bits == 4 else "16-bit floats"
        found.append(
            f"TensorFlow's converter packs nothing below 8 bits: the weights take the values that "
            f"{quantize.bits} bits can store, and the file holds them as {stored}"
        )
    if data.get("clean"):
        found.append("only the data of `paretune export --with-data` is cleaned as the study's was")
    if own_network:
        found.append("layers that draw random numbers (dropout) draw others")
    return found


def _listed(differences: Sequence[str]) -> str:
    if not differences:
        return (
            "On the same kind of processor and with the same versions, its network is the study's."
        )
    lines = "\n".join(
        textwrap.fill(
            f"{each}.", 98, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
        for each in differences
    )
    return f"What is not as in the study:\n\n{lines}"
