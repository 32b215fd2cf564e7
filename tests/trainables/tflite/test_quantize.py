"""Narrower files, and what a file is refused for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sample_networks
from paretune.trainables.tflite.conversion_error import ConversionError

pytestmark = pytest.mark.tensorflow


def network(name: str) -> Any:
    from paretune.trainables.keras.framework import seed_everything

    seed_everything(0)
    return getattr(sample_networks, name)((28, 28, 1), 10, {})


def test_a_file_that_is_not_what_was_asked_for_is_refused() -> None:
    """A float file is no 4-bit model, and zeros that got lost are noticed."""
    from paretune.trainables.keras.convert import to_float_file
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
