"""Which weights are touched, how they are removed, and what a file is refused for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sample_networks
from paretune.errors import TrainableError
from paretune.trainables.settings import PruneSettings

pytestmark = pytest.mark.tensorflow


def network(name: str) -> Any:
    from paretune.trainables.keras.framework import seed_everything

    seed_everything(0)
    return getattr(sample_networks, name)((28, 28, 1), 10, {})


def session() -> Any:
    from paretune.trainables.keras.framework import TrainingSession

    return TrainingSession(None, 1)


def layers_of(model: Any, *, prunable: bool) -> list[str]:
    from paretune.trainables.keras.network import kernels

    return [kernel.layer for kernel in kernels(model) if kernel.prunable == prunable]


def test_the_first_convolution_the_last_layer_and_depthwise_kernels_are_not_pruned() -> None:
    """Only what is large and between them is; every kernel is found, separable ones twice."""
    from paretune.trainables.keras.framework import tf_keras
    from paretune.trainables.keras.network import kernels

    model = network("depthwise")
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    assert [kinds[name] for name in layers_of(model, prunable=True)] == ["Conv2D", "Conv2D"]
    assert [kinds[name] for name in layers_of(model, prunable=False)] == [
        "Conv2D",
        "DepthwiseConv2D",
        "DepthwiseConv2D",
        "Dense",
    ]
    layers = tf_keras.layers
    separable = tf_keras.Sequential(
        [
            layers.Input((8, 8, 4)),
            layers.Dense(4),
            layers.SeparableConv2D(6, 3),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert [(kernel.shape, kernel.prunable) for kernel in kernels(separable)] == [
        ((4, 4), True),  # a first layer that is no convolution holds much
        ((3, 3, 4, 1), False),
        ((1, 1, 4, 6), True),
        ((216, 2), False),
    ]


def run_rule(rule: Any, steps: int) -> list[int]:
    """Zeros after every step of a training that changes nothing but what the rule does."""
    rule.begin(steps)
    counts = []
    for step in range(steps):
        rule.before(step)
        rule.leave(rule.enter())
        counts.append(sum(int((w.numpy() == 0).sum()) for w in rule._weights))
    return counts


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 40, 333])
@pytest.mark.parametrize("shape", ["polynomial", "constant"])
def test_the_sparsity_is_reached_however_short_the_fine_tuning(shape: str, steps: int) -> None:
    """Zeros only ever grow, end at the asked number exactly, and before the training does."""
    from paretune.trainables.keras.pruning import PruningRule

    model = network("perceptron")
    settings = PruneSettings(sparsity=0.75, pruning_schedule=shape)
    counts = run_rule(PruningRule(model, [0], settings, session()), steps)
    wanted = round(0.75 * 784 * 32)
    assert counts == sorted(counts)
    assert counts[round(0.5 * (steps - 1))] == counts[-1] == wanted
    if shape == "polynomial" and steps > 10:
        assert counts[0] < 0.1 * wanted
        assert wanted / 2 < counts[steps // 4] < wanted  # fast first, then slowly


def test_the_smallest_weights_go_and_the_others_stay() -> None:
    """Every weight that is left is larger than every weight that is gone was."""
    from paretune.trainables.keras.pruning import PruningRule, masks_of

    model = network("perceptron")
    before = model.get_weights()[0]
    rule = PruningRule(model, [0], PruneSettings(sparsity=0.6), session())
    run_rule(rule, 20)
    after = model.get_weights()[0]
    kept = after != 0
    assert np.array_equal(after[kept], before[kept])
    assert np.abs(before[kept]).min() >= np.abs(before[~kept]).max()
    assert rule.zeros() == (~kept).sum()
    assert np.array_equal(masks_of(model.get_weights(), (0,))[0], kept)


def test_two_of_every_four_stay_along_the_reduced_axis() -> None:
    """2:4 keeps the two largest of every four inputs of a unit, and leaves out other kernels."""
    from paretune.trainables.keras.network import kernels
    from paretune.trainables.keras.pruning import PruningRule, prunable

    model = network("batch_norm")
    settings = PruneSettings(sparsity=0.3, pruning_structure="2:4")
    chosen = prunable(kernels(model), settings)
    assert [model.weights[index].shape[-2] % 4 for index in chosen] == [0, 0]
    rule = PruningRule(model, chosen, settings, session())
    run_rule(rule, 3)
    for index in chosen:
        weight = model.get_weights()[index]
        fours = (weight != 0).reshape(*weight.shape[:-2], -1, 4, weight.shape[-1])
        assert (fours.sum(axis=-2) == 2).all()
    assert rule.zeros() == sum(model.get_weights()[index].size for index in chosen) / 2


def test_a_fine_tuning_that_did_not_get_there_is_refused() -> None:
    """Zeros are counted at the end: fewer than asked for is an error with the cure."""
    from paretune.trainables.keras.pruning import PruningRule

    model = network("perceptron")
    rule = PruningRule(model, [0], PruneSettings(sparsity=0.9), session())
    rule.begin(100)
    rule.before(0)
    rule.leave(rule.enter())
    with pytest.raises(TrainableError, match=r"sparsity 0\.9 asks for; lower"):
        rule.zeros()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (PruneSettings(sparsity=0.5, pruning_begin=0.6), "pruning_begin is 0.6, pruning_end 0.5"),
        (PruneSettings(sparsity=0.5, pruning_begin=0.0, pruning_end=0.0), "begin before the end"),
    ],
)
def test_a_schedule_without_steps_is_refused(settings: PruneSettings, words: str) -> None:
    """Begin and end in the wrong order: both values are named."""
    from paretune.trainables.keras.pruning import schedule

    with pytest.raises(TrainableError, match=words):
        schedule(settings, 100)


def test_a_network_without_anything_to_prune_is_refused() -> None:
    """Asking for sparsity of a network with a first and a last layer only says so."""
    from paretune.trainables.keras.network import kernels
    from paretune.trainables.keras.pruning import prunable

    model = network("volumetric")
    with pytest.raises(TrainableError, match="set sparsity to 0"):
        prunable([k for k in kernels(model) if not k.prunable], PruneSettings(sparsity=0.5))


@pytest.mark.parametrize(("bits", "levels"), [(8, 255), (4, 15), (2, 3)])
def test_the_training_grid_has_the_levels_of_the_bits(bits: int, levels: int) -> None:
    """Per channel, symmetric, zeros stay zeros; once on the grid, nothing moves any more."""
    from paretune.trainables.keras.framework import tf
    from paretune.trainables.keras.qat import quantized

    weight = np.random.default_rng(0).normal(size=(3, 3, 8, 5)).astype(np.float32)
    weight[..., 2] *= 100
    weight[0, 0] = 0
    weight[..., 4] = 0  # a channel that pruning has emptied
    snapped = quantized(tf.constant(weight), (0, 1, 2), bits).numpy()
    for channel in range(5):
        assert len(np.unique(snapped[..., channel])) <= levels
    assert (snapped[weight == 0] == 0).all()
    assert (np.sign(snapped) * np.sign(weight) >= 0).all()
    again = quantized(tf.constant(snapped), (0, 1, 2), bits).numpy()
    assert np.allclose(again, snapped, rtol=1e-6)


def test_an_update_reaches_the_exact_weights_behind_the_grid() -> None:
    """Straight through: what is added on the grid is added to the weight; pruned ones stay 0."""
    from paretune.trainables.keras.qat import QuantizationRule, quantized

    model = network("perceptron")
    exact = model.get_weights()[0]
    mask = np.abs(exact) > np.median(np.abs(exact))
    model.weights[0].assign(exact * mask)
    rule = QuantizationRule(model, {0: (0,)}, 4, {0: mask}, session())
    rule.begin(1)
    token = rule.enter()
    assert np.array_equal(model.get_weights()[0], quantized(model.weights[0], (0,), 4).numpy())
    model.weights[0].assign_add(np.full(exact.shape, 0.125, np.float32))
    rule.leave(token)
    assert np.allclose(model.get_weights()[0], (exact + 0.125) * mask, atol=1e-6)


def test_a_file_that_is_not_what_was_asked_for_is_refused() -> None:
    """A float file is no 4-bit model, and zeros that got lost are noticed."""
    from paretune.trainables.keras.convert import ConversionError, to_float_file
    from paretune.trainables.tflite import flatbuffer, quantize

    file = to_float_file(network("perceptron"))
    with pytest.raises(ConversionError, match=r"4-bit weights .* the file stores FLOAT32"):
        quantize.check(file, 4)
    with pytest.raises(ConversionError, match="of 1000 pruned weights only 0 are zero"):
        quantize.check(file, 32, zeros=1000)
    assert quantize.check(quantize.quantize(file, 4, on_grid=False), 4).types == ("INT4",)
    assert (
        sum(kernel.values.size for kernel in flatbuffer.Graph(file).kernels()) == 784 * 32 + 32 * 10
    )


def test_a_channel_without_weights_survives_four_bits() -> None:
    """High sparsity empties channels; their scale must not become 0, which no kernel takes."""
    from paretune.trainables.keras.convert import to_float_file
    from paretune.trainables.tflite import quantize
    from paretune.trainables.tflite.evaluate_file import File

    model = network("batch_norm")
    weights = model.get_weights()
    for weight in weights:
        if weight.ndim == 4:
            weight[..., 1] = 0
    model.set_weights(weights)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)
    for bits in (16, 8, 4, 2):
        file = File(quantize.quantize(to_float_file(model), bits, on_grid=bits == 2))
        assert np.isfinite(file.predict(images)).all()
