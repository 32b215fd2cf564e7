"""When XLA compiles a training."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("on_gpu", "replicated", "steps", "compiled"),
    [
        (True, False, 100_000, True),
        (True, False, 1940, True),
        (True, False, 1900, False),  # 3.9 seconds saved for 4
        (False, False, 100_000, False),  # slower than none on CPU cores
        (True, True, 100_000, False),  # variables of another device
    ],
)
def test_steps_have_to_earn_the_compilation_back(
    on_gpu: bool, replicated: bool, steps: int, compiled: bool
) -> None:
    """On one GPU, by the number of steps alone: the choice is the same whenever it is made."""
    from paretune.trainables.keras.compilation import is_worth_compiling
    from paretune.trainables.keras.framework import TrainingSession

    strategy = object() if replicated else None
    session = TrainingSession(strategy, 2 if replicated else 1, on_gpu=on_gpu)
    assert is_worth_compiling(session, steps) == compiled


@pytest.mark.parametrize(
    ("layer", "options", "expected"),
    [
        ("MaxPooling2D", {"strides": 1}, True),
        ("MaxPooling2D", {"data_format": "channels_first"}, False),
        ("MaxPooling3D", {}, False),
        ("AveragePooling3D", {}, True),
    ],
)
def test_pooling_that_xla_cannot_repeat_is_not_compiled(
    layer: str, options: dict[str, object], expected: bool
) -> None:
    """Ours stands in for that of images only; nor is the rest inside another network overlooked."""
    from paretune.trainables.keras.compilation import can_be_compiled
    from paretune.trainables.keras.framework import tf_keras

    layers = tf_keras.layers
    shape = (4,) * (int(layer[-2]) + 1)
    inner = tf_keras.Sequential([layers.Input(shape), getattr(layers, layer)(2, **options)])
    assert can_be_compiled(tf_keras.Sequential([layers.Input(shape), inner])) is expected
