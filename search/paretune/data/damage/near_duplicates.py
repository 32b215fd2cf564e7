"""Rows that are nearly equal: one picture compressed twice, or with a little noise.

Cosine of the rows' features beyond 0.999 of a right match: hashes of pictures (phash, ahash,
dhash) flagged ten to a hundred times as many sound rows on MNIST. Only rows that lie near each
other in their first components are compared: two vectors at a distance d are at most d apart in
every projection.
"""

from __future__ import annotations

import numpy as np

from paretune.data.damage.sampled_rows import SampledRows

_COSINE = 0.999
_PROJECTIONS = 8
_MOST_PAIRS = 2_000_000


def near_duplicates(
    sample: SampledRows,
    keys: np.ndarray,  # (n,) equal for equal rows
) -> tuple[np.ndarray, list[str]]:
    """Rows that an earlier one nearly equals, the nearest first, and which that is.

    Equal rows are another kind. Pictures only: rows of a table may be near by nature.
    """
    from scipy.spatial import cKDTree

    lengths = np.linalg.norm(sample.features, axis=1)
    usable = np.flatnonzero(lengths > 0)
    units = sample.features[usable] / lengths[usable, None]
    radius = float(np.sqrt(2 - 2 * _COSINE))
    tree = cKDTree(_projections(units))
    pairs = tree.query_pairs(radius, output_type="ndarray")[:_MOST_PAIRS]
    cosines = np.einsum("ij,ij->i", units[pairs[:, 0]], units[pairs[:, 1]])
    pairs = usable[pairs]
    near = (cosines > _COSINE) & (keys[pairs[:, 0]] != keys[pairs[:, 1]])
    # A thin stroke is near another by chance: what differs has to be small everywhere.
    near[near] = _are_close(sample.features, pairs[near])
    order = np.argsort(-cosines[near], kind="stable")
    found = pairs[near][order]
    later, first = np.unique(found.max(axis=1), return_index=True)
    by_nearness = np.argsort(first)
    earlier = sample.rows[found.min(axis=1)[first[by_nearness]]]
    return sample.rows[later[by_nearness]], [f"like row {row}" for row in earlier[:10].tolist()]


def _projections(units: np.ndarray) -> np.ndarray:
    centred = units - units.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ vectors[:, ::-1][:, :_PROJECTIONS])


def _are_close(features: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    difference = np.abs(features[pairs[:, 0]] - features[pairs[:, 1]]).max(axis=1)
    scale = features[pairs[:, 0]].max(axis=1) - features[pairs[:, 0]].min(axis=1)
    return np.asarray(difference <= scale / 8)
