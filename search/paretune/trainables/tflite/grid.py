"""The nearest weights that a file of few bits can store, by least squares. Imports no framework.

Notation: w_c the weights of output channel c; q_max = 2**(bits-1) - 1; s_c the channel's scale.

    Q(w) = s * clip(round(w / s), -q_max, q_max)        s_c = argmin_s |w_c - Q(w_c)|**2

min-max takes s_c = max |w_c| / q_max, where one outlier costs every other weight; a scale from the
variance alone (as ai-edge-quantizer's "MSE") is far too small for pruned weights.
"""

from __future__ import annotations

import numpy as np

_RATIOS = np.linspace(0.3, 1.0, 57, dtype=np.float32)  # of the min-max scale


def nearest(
    weights: np.ndarray,  # (channels, n) float32
    bits: int,
) -> np.ndarray:  # (channels, n) float32
    """Q(w). The largest weight of a channel is q_max s, so that min-max finds the same grid."""
    highest = 2 ** (bits - 1) - 1
    largest = np.abs(weights).max(axis=1, keepdims=True) / np.float32(highest)
    best = np.zeros_like(weights)
    least = np.full(len(weights), np.inf, dtype=np.float32)
    for ratio in _RATIOS:
        scale = np.maximum(ratio * largest, np.finfo(np.float32).tiny)  # a channel may be all zero
        snapped = scale * np.clip(np.rint(weights / scale), -highest, highest)
        error = ((weights - snapped) ** 2).sum(axis=1)
        better = error < least
        best[better], least[better] = snapped[better], error[better]
    return best
