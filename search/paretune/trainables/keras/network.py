"""Networks: how an architecture is built, and which parts of it compression may touch."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from paretune.data.dataset import Dataset
from paretune.errors import TrainableError
from paretune.trainables import Params
from paretune.trainables.checkpoint import Checkpoint
from paretune.trainables.keras.framework import (
    TrainingSession,
    computing_in,
    seed_everything,
    tf_keras,
)
from paretune.trainables.settings import TrainSettings

Model = Any  # tf_keras.Model: the framework carries no types
_FLOAT32_BYTES = 4
_FILE_BYTES = 2 << 30  # protobuf's limit: the converter passes the float32 weights through it
_KERNEL_NAMES = ("kernel", "depthwise_kernel", "pointwise_kernel")
_KEPT = "network"  # in a process's scratch: the last one built, and from what
_STAGE_SEEDS = {"train": 0, "prune": 1, "qat": 2, "convert": 3, "decay": 4}


@dataclass(frozen=True)
class Architecture:
    """A family of networks: `build(input_shape, classes, params)` gives an uncompiled model.

    The model takes (batch, *input_shape) raw values and returns (batch, classes): probabilities
    if it ends in a softmax, else logits.
    """

    build: Callable[[tuple[int, ...], int, Params], Model]
    params: tuple[str, ...] | None  # that `build` reads; None: any, but those of compression
    # No layer draws random numbers in training (dropout): then an epoch depends on nothing but
    # the state before it, and a training can go on from where a shorter one ended.
    repeatable: bool
    # Raises DataError for data that no network of the family takes: asked before any trial.
    accepts: Callable[[Dataset], None] = lambda data: None


def build(
    architecture: Architecture,
    dataset: Dataset,
    params: Params,
    session: TrainingSession,
    seed: int,
    scratch: MutableMapping[str, Any],  # of the trial's process
) -> Model:
    """A new network with its initial weights. Raises DataError, TrainableError."""
    architecture.accepts(dataset)
    precision = TrainSettings.parse(params).precision
    recipe = _recipe(architecture, dataset.input_shape, dataset.classes, params, precision)
    model = _built(
        architecture,
        dataset.input_shape,
        dataset.classes,
        params,
        session=session,
        seed=_stage_seed(seed, "train"),
        precision=precision,
    )
    scratch[_KEPT] = recipe, model
    return model


def _recipe(architecture: Architecture, *described: Any) -> Any:
    """Equal for networks that are the same but for their weights; None where none can be."""
    if not architecture.repeatable or architecture.params is None:
        return None
    shape, classes, params, precision = described
    named = tuple((name, params.get(name)) for name in architecture.params)
    return tuple(shape), classes, named, precision


def _stage_seed(seed: int, stage: str) -> int:
    return seed * len(_STAGE_SEEDS) + _STAGE_SEEDS[stage]


def rebuild(
    architecture: Architecture,
    checkpoint: Checkpoint,
    weights: list[np.ndarray],
    *,
    session: TrainingSession,
    seed: int,
    stage: str,
    scratch: MutableMapping[str, Any],
) -> Model:
    """The checkpoint's network with its weights. Raises TrainableError where they do not fit.

    The very network of the stage before where that has run in this process, and draws no random
    numbers: then its weights are all that it remembers, and it need not be built again.
    """
    # The file is made of the weights, which are float32 whatever the training computed in.
    trained_in = TrainSettings.parse(checkpoint.params).precision
    precision = "float32" if stage == "convert" else trained_in
    shape, classes, params = checkpoint.input_shape, checkpoint.classes, checkpoint.params
    recipe = _recipe(architecture, shape, classes, params, precision)
    kept, model = scratch.get(_KEPT, (None, None))
    if recipe is None or recipe != kept:
        model = _built(
            architecture,
            shape,
            classes,
            params,
            session=session,
            seed=_stage_seed(seed, stage),
            precision=precision,
        )
        scratch[_KEPT] = recipe, model
    if [weight.shape for weight in weights] != [tuple(weight.shape) for weight in model.weights]:
        raise TrainableError(
            "the network was built differently from the same parameters; its function must "
            "depend on its arguments only"
        )
    model.set_weights(weights)
    return model


def _built(
    architecture: Architecture,
    input_shape: tuple[int, ...],
    classes: int,
    params: Params,
    *,
    session: TrainingSession,
    seed: int,
    precision: str,
) -> Model:
    seed_everything(seed)
    with session.scope(), computing_in(precision):
        model = architecture.build(input_shape, classes, params)
    if not isinstance(model, tf_keras.Model) or not model.built:
        raise TrainableError(
            f"the network is {type(model).__name__}; return a built tf_keras.Model (functional, "
            "or Sequential with an Input)"
        )
    if tuple(model.output_shape) != (None, classes):
        raise TrainableError(
            f"the network returns {model.output_shape}, not (None, {classes}): one value a class"
        )
    weights_bytes = _FLOAT32_BYTES * model.count_params()
    if weights_bytes >= _FILE_BYTES:
        raise TrainableError(
            f"the network has {model.count_params():,} parameters, {weights_bytes / 2**30:.1f} GiB "
            "in 32 bits; a .tflite file holds less than 2 GiB: make it narrower"
        )
    return model


def gives_probabilities(model: Model) -> bool:
    """Does the network end in a softmax (else its outputs are logits)?"""
    last = model.layers[-1]
    if isinstance(last, tf_keras.Model):
        return gives_probabilities(last)
    return (
        isinstance(last, tf_keras.layers.Softmax)
        or getattr(last, "activation", None) is tf_keras.activations.softmax
    )


@dataclass(frozen=True)
class Kernel:
    """The weights of one layer that compression deals with."""

    index: int  # into `model.weights`
    layer: str
    shape: tuple[int, ...]
    channel_axes: tuple[int, ...]  # the axes that one output channel spans
    prunable: bool


def kernels(model: Model) -> list[Kernel]:
    """The kernels of dense and convolutional layers, in the order of the layers.

    All of them are quantized. Not pruned are: biases and normalisation (few, and sensitive),
    depthwise kernels (the same), the last layer, whose every weight is one class's, and the first
    if it is a convolution: it holds the fewest weights, and all the others see only what it lets
    through (Zhu & Gupta 2017, arXiv 1710.01878; Gale et al. 2019, arXiv 1902.09574).
    """
    layers = tf_keras.layers
    positions = {id(weight): index for index, weight in enumerate(model.weights)}
    found: list[tuple[int, str, Any]] = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        for name in _KERNEL_NAMES:
            kernel = getattr(layer, name, None)
            if kernel is not None and id(kernel) in positions and len(kernel.shape) >= 2:
                found.append((positions.pop(id(kernel)), name, layer))
    result = []
    for order, (index, name, layer) in enumerate(found):
        depthwise = name == "depthwise_kernel"
        shape = tuple(model.weights[index].shape)
        rank = len(shape)
        if depthwise:
            channel: tuple[int, ...] = (rank - 2, rank - 1)
        elif isinstance(layer, layers.Conv2DTranspose):
            channel = (rank - 2,)
        else:
            channel = (rank - 1,)
        first_convolution = order == 0 and isinstance(layer, layers.Conv2D)
        result.append(
            Kernel(
                index,
                layer.name,
                shape,
                tuple(axis for axis in range(rank) if axis not in channel),
                prunable=not (depthwise or first_convolution or order == len(found) - 1),
            )
        )
    return result
