"""The nearest weights that a file of few bits can store, by least squares. Imports no framework.

Notation: w_c the weights of output channel c; q_max = 2**(bits-1) - 1; s_c the channel's scale.

    Q(w) = s * clip(round(w / s), -q_max, q_max)        s_c = argmin_s |w_c - Q(w_c)|**2

min-max takes s_c = max |w_c| / q_max, where one outlier costs every other weight; a scale from the
variance alone (as ai-edge-quantizer's "MSE") is far too small for pruned weights, and OCTAV's fixed
point (Sakr et al. 2022, arXiv 2206.06501) leaves 1 % more error on dense and 30 % more on pruned
ones.

With k(w) = |round(w / s)| clipped to q_max, the error of a scale is

    |w_c|**2 - 2 s sum |w| k(w) + s**2 sum k(w)**2

and both sums need only how many |w| lie above (l - 1/2) s for each level l = 1..q_max, and how much
those are together: one sort of a channel serves every scale that is tried.
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
    result = np.empty_like(weights)
    for channel, grid_values in zip(weights, result, strict=True):
        scale = _best_scale(channel, highest)
        grid_values[:] = scale * np.clip(np.rint(channel / scale), -highest, highest)
    return result


def _best_scale(channel: np.ndarray, highest: int) -> np.float32:
    """s_c for one channel (n,) and q_max."""
    levels = np.arange(1, highest + 1)
    sizes = np.sort(np.abs(channel))
    largest = sizes[-1] / np.float32(highest)
    scales = np.maximum(_RATIOS * largest, np.finfo(np.float32).tiny)  # all may be zero
    up_to = np.concatenate(([0.0], np.cumsum(sizes, dtype=np.float64)))  # sum of the i smallest
    limits = np.outer(scales, levels - 0.5).astype(np.float32)
    below = np.searchsorted(sizes, limits, side="right")  # (scales, levels)
    products = (up_to[-1] - up_to[below]).sum(axis=1)  # of |w| and k(w)
    squares = (len(sizes) - below) @ (2 * levels - 1)  # of k(w): k**2 = 1 + 3 + ... + (2k - 1)
    precise = scales.astype(np.float64)
    best: np.float32 = scales[np.argmin(precise * (precise * squares - 2 * products))]
    return best
