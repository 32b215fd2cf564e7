"""The bundled network: its two stems, what is counted of it, and the images that it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_context import FakeContext, run_chain
from paretune.errors import DataError

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("stem", ["pool", "stride"])
@pytest.mark.parametrize("width", [0.25, 0.375, 1.0])
def test_what_is_counted_is_what_is_built(stem: str, width: float) -> None:
    """Weights by the network's own count; multiply-adds from its kernels and its feature maps."""
    from paretune.data.dataset import load_once
    from paretune.trainables.keras import cnn

    params: dict[str, Any] = {"stem": stem, "width": width}
    data = {"limit": 320}
    counted = cnn.count(params, data)
    model = cnn.build(load_once(data).input_shape, 10, params)
    work = 0
    for layer in model.layers:
        if layer.weights:
            places = np.prod(layer.output_shape[1:-1])  # 1 of a dense layer
            work += int(np.prod(layer.kernel.shape) * places)
    assert counted["parameters"] == model.count_params()
    assert counted["multiply_adds"] == work


def test_striding_is_less_work() -> None:
    """The stem that takes every second pixel costs less than the one that pools, and gives as much
    to the dense layer."""
    from paretune.trainables.keras import cnn

    shape = (28, 28, 1)
    pool, stride = (cnn.build(shape, 10, {"stem": name}) for name in ("pool", "stride"))
    assert stride.layers[-2].kernel.shape == pool.layers[-2].kernel.shape
    data = {"limit": 320}
    assert (
        cnn.count({"stem": "stride"}, data)["multiply_adds"]
        < cnn.count({"stem": "pool"}, data)["multiply_adds"]
    )


@pytest.mark.parametrize(("stem", "least"), [("pool", 18), ("stride", 19)])
def test_the_smallest_image_is_named(stem: str, least: int) -> None:
    """Images of the least size are taken; smaller ones are refused with that size."""
    from paretune.trainables.keras import cnn

    assert cnn.build((least, least, 1), 10, {"stem": stem, "width": 0.25}).built
    with pytest.raises(DataError, match=f"at least {least}x{least}"):
        cnn.build((least - 1, least, 1), 10, {"stem": stem})


@pytest.mark.parametrize("bits", [32, 8, 4])
def test_a_strided_network_learns_and_is_stored(tmp_path: Path, bits: int) -> None:
    """Trained, pruned and stored in any width of bits, it still reads digits."""
    from paretune.trainables.keras.cnn import trainable

    context = FakeContext(tmp_path)
    figures = run_chain(
        trainable,
        {
            "stem": "stride",
            "width": 0.25,
            "epochs": 3,
            "learning_rate": 4e-3,
            "batch_size": 16,
            "sparsity": 0.5,
            "bits": bits,
        },
        context,
    )
    assert figures["accuracy"] > 0.4
    assert figures["model_kib"] > 0
