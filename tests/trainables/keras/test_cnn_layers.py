"""The bundled network as data."""

from __future__ import annotations

from paretune.trainables.keras.cnn_layers import convolutions, scaled, units
from paretune.trainables.settings import CnnSettings


def test_layers_of_the_article() -> None:
    """32, 64, 64 filters of 3x3, pooling after the first two, 64 units."""
    settings = CnnSettings()
    found = [(c.filters, c.kernel, c.stride, c.pooled) for c in convolutions(settings)]
    assert found == [(32, 3, 1, True), (64, 3, 1, True), (64, 3, 1, False)]
    assert units(settings) == 64


def test_width_scales_in_fours_and_never_to_nothing() -> None:
    """2:4 pruning takes no fewer than four."""
    assert [scaled(64, width) for width in (1.0, 0.25, 0.1, 0.001)] == [64, 16, 8, 4]
