"""Many steps a call: the same training, however the images come and whoever compiles it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from paretune.data.split import Split
from paretune.trainables.settings import PruneSettings, TrainSettings

pytestmark = pytest.mark.tensorflow

BATCH, STEPS = 16, 6
SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (100, 20, 20, 1), dtype=np.uint8),
    (np.arange(100) % 4).astype(np.int32),
)
ORDER = np.random.default_rng(1).permutation(100)[: BATCH * STEPS].reshape(STEPS, BATCH)
RATES = np.linspace(2e-3, 1e-3, STEPS, dtype=np.float32)


def trained(
    compression: str = "none", *, on_gpu: bool = False, compiled: bool = False
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Losses and weights of one epoch with that rule."""
    from paretune.trainables.keras import cnn
    from paretune.trainables.keras.framework import TrainingSession, seed_everything
    from paretune.trainables.keras.network import kernels
    from paretune.trainables.keras.pruning import PruningRule
    from paretune.trainables.keras.qat import QuantizationRule
    from paretune.trainables.keras.spans import Spans
    from paretune.trainables.keras.training import _optimizer
    from paretune.trainables.keras.weight_rule import PlainWeights, WeightRule

    session = TrainingSession(None, 1, on_gpu=on_gpu)
    seed_everything(0)
    model = cnn.build((20, 20, 1), 4, {"width": 0.25})
    optimizer = _optimizer(TrainSettings())
    optimizer._create_all_weights(model.trainable_variables)
    rule: WeightRule = PlainWeights()
    if compression == "pruning":
        chosen = [kernel.index for kernel in kernels(model) if kernel.prunable]
        rule = PruningRule(model, chosen, PruneSettings(sparsity=0.7), session)
    if compression == "qat":
        axes = {kernel.index: kernel.channel_axes for kernel in kernels(model)}
        rule = QuantizationRule(model, axes, 4, {}, session)
    settings = rule.begin(STEPS)
    spans = Spans(
        model,
        optimizer,
        SPLIT,
        BATCH,
        session=session,
        rule=rule,
        changing_rate=True,
        compiled=compiled,
    )
    losses = spans.run(ORDER, RATES, settings)
    assert losses.shape == (STEPS,)
    return losses, model.get_weights()


def same(mine: tuple[Any, Any], theirs: tuple[Any, Any]) -> bool:
    return np.array_equal(mine[0], theirs[0]) and all(
        np.array_equal(a, b) for a, b in zip(mine[1], theirs[1], strict=True)
    )


def test_images_on_the_device_and_images_sent_train_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the last digit: all at once on the device, sent with each span, or step by step."""
    from paretune.trainables.keras import spans

    sent = trained()
    assert same(trained(on_gpu=True), sent)
    monkeypatch.setattr(spans, "_SENT_BYTES", 1)
    assert same(trained(), sent)
    monkeypatch.setattr(spans, "_SENT_BYTES", 4 * BATCH * 400)  # spans of four steps, and two
    assert same(trained(), sent)
    monkeypatch.setattr(spans, "_RESIDENT_BYTES", 1)  # too many for the device
    assert same(trained(on_gpu=True), sent)


@pytest.mark.parametrize("compression", ["pruning", "qat"])
def test_xla_compiles_a_span_with_everything_in_it(compression: str) -> None:
    """Gathering, rates, masks, grids, pooling and the check of the loss: the same training, to
    rounding, and to the last digit when it is compiled and run again.
    """
    from paretune.trainables.keras.framework import tf

    tf.config.experimental.enable_op_determinism()  # as every trial does
    losses, weights = trained(compression)
    found, compiled = trained(compression, on_gpu=True, compiled=True)
    assert np.allclose(found, losses, atol=1e-3)
    for mine, theirs in zip(compiled, weights, strict=True):
        assert np.mean(np.abs(mine - theirs) > 5e-3) < 0.02  # a tie may fall to the other side
    if compression == "pruning":
        assert sum((w == 0).sum() for w in compiled) == sum((w == 0).sum() for w in weights)
        assert same(trained(compression, on_gpu=True, compiled=True), (found, compiled))


def test_rates_are_those_of_the_steps() -> None:
    """A rate of zero from the third step on leaves what the first two have learned."""
    whole = trained()
    RATES[2:], kept = 0, RATES[2:].copy()
    try:
        stopped = trained()
    finally:
        RATES[2:] = kept
    assert np.array_equal(stopped[0][:3], whole[0][:3])
    assert not np.array_equal(stopped[0][3:], whole[0][3:])
