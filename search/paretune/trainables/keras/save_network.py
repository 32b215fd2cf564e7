"""The trained network in formats of its framework's own: before it became a .tflite file.

Its weights are those of the last training stage: pruned and on their grid where that was asked
for, not yet rounded to the file's bits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from paretune.data.dataset import load_once
from paretune.trainables import NetworkFormat
from paretune.trainables.checkpoint import Checkpoint
from paretune.trainables.keras.framework import TrainingSession, tf, tf_keras
from paretune.trainables.keras.network import Architecture, Model, rebuild

_TRAINED_BY = ("qat", "prune", "decay", "train")  # the last of them that has run
_OPSET = 17  # of ONNX; what every runtime of the last years reads
_COMPARED = 64  # images on which a file must agree with the network
_TOLERANCE = 1e-4


def network_formats(architecture: Architecture) -> dict[str, NetworkFormat]:
    """By the name that `paretune export --format` takes."""
    write = functools.partial(_write, architecture)
    return {
        "keras": NetworkFormat("model.keras", functools.partial(write, _keras)),
        "saved_model": NetworkFormat("saved_model", functools.partial(write, _saved_model)),
        "onnx": NetworkFormat("model.onnx", functools.partial(write, _onnx), ("tf2onnx",)),
    }


def _write(
    architecture: Architecture,
    save: Callable[[Model, Path], Callable[[np.ndarray], np.ndarray]],
    products: Mapping[str, Path | None],
    data: Mapping[str, Any],
    target: Path,
) -> Mapping[str, float]:
    trained = next(products[stage] for stage in _TRAINED_BY if stage in products)
    if trained is None:
        raise ValueError("the trained weights are not in the store of stages any more")
    model = rebuild(
        architecture,
        Checkpoint.load_record(trained),
        Checkpoint.load_weights(trained),
        session=TrainingSession(None, 1),
        seed=0,
        stage="convert",
        scratch={},
    )
    test = load_once(data).test
    images = test.images.astype(np.float32)
    outputs = model.predict(images, verbose=0)
    found = save(model, target)(images[:_COMPARED])
    error = float(np.abs(found - outputs[:_COMPARED]).max())
    if not error <= _TOLERANCE:
        raise ValueError(f"{target.name} gives other outputs than the network, by {error:.2g}")
    hits = int((outputs.argmax(axis=1) == test.labels).sum())
    return {"accuracy": hits / len(test), "images": len(test)}


def _keras(model: Model, target: Path) -> Callable[[np.ndarray], np.ndarray]:
    model.save(target)
    again = tf_keras.models.load_model(target, compile=False)
    return lambda images: again.predict(images, verbose=0)


def _saved_model(model: Model, target: Path) -> Callable[[np.ndarray], np.ndarray]:
    archive = tf_keras.export.ExportArchive()
    archive.track(model)
    shape = (None, *model.input_shape[1:])
    archive.add_endpoint(
        "serve",
        lambda images: model(images, training=False),
        input_signature=[tf.TensorSpec(shape, tf.float32, name="images")],
    )
    archive.write_out(str(target))
    again = tf.saved_model.load(str(target))
    return lambda images: again.serve(images).numpy()


def _onnx(model: Model, target: Path) -> Callable[[np.ndarray], np.ndarray]:
    import onnx.reference
    import tf2onnx

    shape = (None, *model.input_shape[1:])
    signature = [tf.TensorSpec(shape, tf.float32, name="images")]
    infer = tf.function(lambda images: model(images, training=False), input_signature=signature)
    tf2onnx.convert.from_function(infer, signature, opset=_OPSET, output_path=str(target))
    again = onnx.reference.ReferenceEvaluator(str(target))
    return lambda images: again.run(None, {"images": images})[0]
