"""Grids of few bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from paretune.trainables.tflite.grid import nearest

_WEIGHTS = arrays(
    np.float32,
    (3, 40),
    elements=st.floats(-8, 8, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x),
)


@given(weights=_WEIGHTS)
def test_the_grid_has_as_many_levels_as_the_bits_allow(weights: np.ndarray) -> None:
    """Every channel uses whole multiples of one scale, at most 7 of them either way."""
    snapped = nearest(weights, 4)
    for channel in snapped:
        largest = np.abs(channel).max()
        if largest > 0:
            levels = channel / (largest / 7)
            assert np.allclose(levels, np.rint(levels), atol=1e-3)


@given(weights=_WEIGHTS)
def test_it_is_never_farther_than_min_max_and_keeps_zeros(weights: np.ndarray) -> None:
    """Least squares includes the min-max grid among its choices; a zero is stored as zero."""
    scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / 7, 1e-30)
    min_max = scale * np.rint(weights / scale)
    snapped = nearest(weights, 4)
    ours, theirs = (((weights - other) ** 2).sum() for other in (snapped, min_max))
    assert ours <= theirs + 1e-4
    assert (snapped[weights == 0] == 0).all()


def test_an_outlier_costs_the_others_less_than_with_min_max() -> None:
    """With one large weight among many small ones the small ones keep their differences."""
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(1, 1000)).astype(np.float32)
    weights[0, 0] = 12
    scale = 12 / 7
    min_max = scale * np.rint(weights / scale)
    snapped = nearest(weights, 4)
    assert ((weights - snapped) ** 2).sum() < 0.5 * ((weights - min_max) ** 2).sum()


@given(weights=_WEIGHTS)
def test_the_scale_is_the_best_of_all_that_are_tried(weights: np.ndarray) -> None:
    """Sorting finds what snapping to every scale between 0.3 and 1 of min-max finds."""
    snapped = nearest(weights, 4)
    for channel, ours in zip(weights, snapped, strict=True):
        errors = []
        for ratio in np.linspace(0.3, 1.0, 57, dtype=np.float32):
            scale = max(ratio * np.abs(channel).max() / np.float32(7), np.finfo(np.float32).tiny)
            tried = scale * np.clip(np.rint(channel / scale), -7, 7)
            errors.append(((channel - tried).astype(np.float64) ** 2).sum())
        assert ((channel - ours).astype(np.float64) ** 2).sum() <= min(errors) * (1 + 1e-4) + 1e-9
