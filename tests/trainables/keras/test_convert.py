"""From the network to the float32 file."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


def test_the_file_computes_what_the_network_does() -> None:
    """To rounding, for batches of any size."""
    import sample_networks
    from paretune.trainables.keras.convert import to_float_file
    from paretune.trainables.keras.framework import seed_everything
    from paretune.trainables.tflite.evaluate_file import File

    seed_everything(0)
    model = sample_networks.perceptron((28, 28, 1), 10, {})
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), dtype=np.uint8)
    file = File(to_float_file(model))
    for count in (1, 5):
        expected = model(images[:count].astype(np.float32), training=False).numpy()
        assert np.allclose(file.predict(images[:count]), expected, atol=1e-4)


def test_the_sample_for_ranges_is_fixed_by_the_seed() -> None:
    """No image twice, all of them if there are few."""
    from paretune.trainables.keras.convert import calibration_sample

    images = np.arange(1000)
    sample = calibration_sample(images, seed=3)
    assert len(np.unique(sample)) == 200
    assert np.array_equal(sample, calibration_sample(images, seed=3))
    assert not np.array_equal(sample, calibration_sample(images, seed=4))
    assert np.array_equal(calibration_sample(images[:50], seed=3), images[:50])
