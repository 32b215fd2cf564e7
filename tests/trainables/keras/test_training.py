"""The training loop: against plain Keras, against the odd batch, and when it goes wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_context import FakeContext
from paretune.data.dataset import Dataset, load
from paretune.errors import DeviceError, TrainableError
from paretune.trainables import Diverged

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load({"limit": 320})


def prepare(directory: Path, data: Dataset, **params: Any) -> tuple[Any, Any, Any, FakeContext]:
    """A network, its session, its plan and a context, ready for `fit`."""
    from paretune.trainables.keras import cnn, framework
    from paretune.trainables.keras.network import Architecture, build
    from paretune.trainables.keras.training import FitPlan
    from paretune.trainables.settings import TrainSettings

    context = FakeContext(directory)
    session = framework.configure(context)
    settings = TrainSettings.parse(params)
    model = build(
        Architecture(cnn.build, ("width",), repeatable=True),
        data,
        {"width": 0.25},
        session,
        0,
        context.scratch,
    )
    return (
        model,
        session,
        FitPlan(settings, settings.epochs, 1, 0, "train", judged_epochs=settings.epochs),
        context,
    )


def run_fit(model: Any, session: Any, plan: Any, context: FakeContext, data: Dataset) -> None:
    from paretune.trainables.keras.training import fit
    from paretune.trainables.keras.weight_rule import PlainWeights

    fit(model, data, plan, session=session, context=context, rule=PlainWeights(), repeatable=True)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_it_ends_with_the_weights_of_keras_fit(
    tmp_path: Path, data: Dataset, optimizer: str
) -> None:
    """The same batches through `compile` and `fit` give the same weights, to rounding."""
    from paretune.trainables.keras.framework import tf_keras

    model, session, plan, context = prepare(
        tmp_path, data, optimizer=optimizer, learning_rate=1e-2, batch_size=64, epochs=1
    )
    twin = tf_keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    order = np.random.default_rng((0, 1)).permutation(len(data.train))
    twin.compile(
        tf_keras.optimizers.legacy.Adam(1e-2)
        if optimizer == "adam"
        else tf_keras.optimizers.legacy.SGD(1e-2, momentum=0.9),
        "sparse_categorical_crossentropy",
    )
    images, labels = data.train.images[order], data.train.labels[order]
    twin.fit(images.astype(np.float32), labels, batch_size=64, shuffle=False, verbose=0)
    run_fit(model, session, plan, context, data)
    for mine, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        assert np.allclose(mine, theirs, atol=2e-4)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_the_fused_updates_are_those_of_the_newer_classes(optimizer: str, scale: float) -> None:
    """The same gradients, large or tiny, give the same weights as Keras' present optimizers."""
    from paretune.trainables.keras.framework import tf, tf_keras
    from paretune.trainables.keras.training import _optimizer
    from paretune.trainables.settings import TrainSettings

    settings = TrainSettings.parse({"optimizer": optimizer, "learning_rate": 1e-2})
    newer = tf_keras.optimizers
    pairs = [
        (_optimizer(settings), tf.Variable(tf.zeros(100))),
        (
            newer.Adam(1e-2) if optimizer == "adam" else newer.SGD(1e-2, momentum=0.9),
            tf.Variable(tf.zeros(100)),
        ),
    ]
    rng = np.random.default_rng(0)
    for _ in range(5):
        gradient = tf.constant(scale * rng.normal(size=100), tf.float32)
        for each, variable in pairs:
            each.apply_gradients([(gradient, variable)])
    mine, theirs = (variable.numpy() for _, variable in pairs)
    assert np.abs(theirs).max() > scale * 1e-3
    assert np.allclose(mine, theirs, rtol=1e-5, atol=1e-6 * scale)


def test_a_batch_larger_than_the_data_is_all_of_the_data(tmp_path: Path, data: Dataset) -> None:
    """Batch 512 on 320 images is one step an epoch, and learns."""
    model, session, plan, context = prepare(
        tmp_path, data, batch_size=512, epochs=3, learning_rate=5e-3
    )
    run_fit(model, session, plan, context, data)
    losses = [report["loss"] for report in context.reports]
    assert len(losses) == 3
    assert losses[-1] < losses[0]


def test_a_diverging_loss_ends_the_training_at_once(tmp_path: Path, data: Dataset) -> None:
    """NaN raises Diverged with the step, before another epoch is paid for."""
    from paretune.trainables.keras.framework import tf_keras

    _, session, plan, context = prepare(
        tmp_path, data, optimizer="sgd", learning_rate=100.0, batch_size=32, epochs=50
    )
    # Decay at this rate multiplies the weights by -199 a step.
    layers = tf_keras.layers
    decayed = layers.Dense(10, kernel_regularizer=tf_keras.regularizers.L2(1.0))
    model = tf_keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), decayed])
    with pytest.raises(Diverged, match=r"loss is (nan|inf) at step \d+ of epoch"):
        run_fit(model, session, plan, context, data)
    assert len(context.reports) < 10


def test_each_epoch_sees_every_image_once_in_another_order(tmp_path: Path, data: Dataset) -> None:
    """Two epochs at a rate of almost zero have the same mean loss: the images are the same."""
    model, session, plan, context = prepare(
        tmp_path, data, optimizer="sgd", learning_rate=1e-12, batch_size=32, epochs=2
    )
    run_fit(model, session, plan, context, data)
    first, second = context.reports
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-5)


def test_the_reported_accuracy_is_that_of_the_network(tmp_path: Path, data: Dataset) -> None:
    """Scored in uneven batches, it is what `predict` on the whole validation part gives."""
    model, session, plan, context = prepare(
        tmp_path, data, batch_size=100, epochs=2, learning_rate=5e-3
    )
    run_fit(model, session, plan, context, data)
    outputs = model.predict(data.validation.images.astype(np.float32), verbose=0)
    expected = (outputs.argmax(axis=1) == data.validation.labels).mean()
    assert context.reports[-1]["accuracy"] == expected


def test_every_device_needs_an_image(tmp_path: Path, data: Dataset) -> None:
    """Fewer images in a batch than replicas is refused with both numbers."""
    from paretune.trainables.keras.training import _share

    _, session, plan, _ = prepare(tmp_path, data, batch_size=3)
    wide = dataclasses.replace(session, replicas=4)
    with pytest.raises(TrainableError, match="batch_size is 3 on 4 devices"):
        _share(plan.settings, wide, 320)


def test_replicas_cannot_be_made_in_a_process_that_has_started(
    tmp_path: Path, data: Dataset
) -> None:
    """Logical devices are fixed by the first operation: a clear refusal, no hanging."""
    from paretune.trainables.keras import framework

    prepare(tmp_path, data)
    assert framework.fork_safe() is not None
    context = FakeContext(tmp_path, devices=("cpu:0", "cpu:1"))
    with pytest.raises(DeviceError, match="process of its own"):
        framework.configure(context, "mirrored")


def test_gpus_that_tensorflow_cannot_see_are_named(tmp_path: Path, data: Dataset) -> None:
    """A lease of GPUs that the framework does not see fails with the cure."""
    from paretune.trainables.keras import framework

    if framework.tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine's GPU is seen")
    context = FakeContext(tmp_path, devices=("GPU-1", "GPU-2"), device_kind="H100")
    with pytest.raises(DeviceError, match=r"GPU-1, GPU-2.*sees 0.*and-cuda"):
        framework.configure(context)
