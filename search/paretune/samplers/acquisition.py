"""Expected hypervolume improvement, exactly, over disjoint boxes; and the chance to enter a front.

Notation: m objectives, all minimised and independent normal at a query point; q query points;
a front of points z_i (h, m); a reference point R (m,).

    boxes [l, u)   disjoint, (b, m) each: what is below R and not dominated by the front
    G(t) = E[(t - Y)+] = s (w Phi(w) + phi(w)),  w = (t - mu) / s,   G(-inf) = 0
    EHVI = sum over boxes of prod_j (G_j(u_j) - G_j(l_j))            (Emmerich et al. 2005)
    P(not dominated) = sum over boxes of prod_j (Phi(w(u_j)) - Phi(w(l_j))),  with R = inf

All terms are positive, so that the sum keeps its relative precision far out in the tail and its
logarithm can be climbed. Of one objective this is the ordinary expected improvement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from paretune.pareto.dominance import nondominated

Floats = NDArray[np.float64]

TINY = 1e-300


def scattered(values: Floats, count: int) -> NDArray[np.intp]:
    """Indices of `count` of n rows (n, m), each the farthest from those chosen before it."""
    scaled = (values - values.min(0)) / np.maximum(np.ptp(values, axis=0), 1e-12)
    chosen = [int(np.argmin(scaled[:, 0]))]
    distance = np.full(len(values), np.inf)
    while len(chosen) < min(count, len(values)):
        distance = np.minimum(distance, np.abs(scaled - scaled[chosen[-1]]).max(1))
        chosen.append(int(np.argmax(distance)))
    return np.array(chosen)


def reference_point(front: Floats, losses: Floats) -> Floats:
    """(m,) beyond which nothing counts: a tenth of the range beyond the worst of the front.

    But at least the median of all `losses` (n, m): a young front may lie in one corner, and what
    it would take to leave the corner must not be worth nothing.
    """
    worst = np.maximum(front.max(0), np.median(losses, axis=0)) if len(front) else losses.max(0)
    spread = worst - losses.min(0)
    return np.asarray(worst + 0.1 * np.where(spread > 0, spread, 1.0))


@dataclass(frozen=True)
class Boxes:
    """What is not dominated, as disjoint boxes.

    The distinct coordinates of an objective are kept apart from the boxes that index them: G is
    computed for each once.
    """

    edges: tuple[Floats, ...]  # per objective (e_j,), ascending; the first is -inf
    lower: NDArray[np.intp]  # (b, m) index into the edges
    upper: NDArray[np.intp]  # (b, m)

    @classmethod
    def below(cls, front: Floats, reference: Floats) -> Boxes:
        """Split off from each box what a point leaves of it, point by point."""
        m = len(reference)
        lower, upper = np.full((1, m), -np.inf), reference[None].astype(float)
        points = np.unique(front[(front < reference).all(1)].reshape(-1, m), axis=0)
        points = points[nondominated(points)]
        # Sorted by the last objective, a point cuts only boxes that are open towards it.
        for z in points[np.argsort(points[:, -1])]:
            cut = (z < upper).all(1)
            if not cut.any():
                continue
            new_lower, new_upper = [lower[~cut]], [upper[~cut]]
            low, high = lower[cut], upper[cut]
            for j in range(m):  # the part below z in objective j, at or above it in the earlier
                part_low, part_high = low.copy(), high.copy()
                part_high[:, j] = np.minimum(high[:, j], z[j])
                part_low[:, :j] = np.maximum(low[:, :j], z[:j])
                real = part_low[:, j] < part_high[:, j]
                new_lower.append(part_low[real])
                new_upper.append(part_high[real])
            lower, upper = np.vstack(new_lower), np.vstack(new_upper)
        edges, low_index, high_index = [], [], []
        for j in range(m):
            values, index = np.unique(np.r_[-np.inf, lower[:, j], upper[:, j]], return_inverse=True)
            edges.append(values)
            low_index.append(index[1 : len(lower) + 1])
            high_index.append(index[len(lower) + 1 :])
        return cls(tuple(edges), np.column_stack(low_index), np.column_stack(high_index))

    def dominated(self, front: Floats, reference: Floats) -> float:
        """The hypervolume of the `front` (h, m) that the boxes were made `below`.

        What the boxes leave of everything between the best of each objective and the reference.
        """
        points = front[(front < reference).all(1)]
        if len(points) == 0:
            return 0.0
        lowest = points.min(0)
        sides = np.ones(len(self.lower))
        for j, edges in enumerate(self.edges):
            below = np.maximum(edges[self.lower[:, j]], lowest[j])
            sides *= np.maximum(edges[self.upper[:, j]] - below, 0.0)
        return float(np.prod(reference - lowest) - sides.sum())

    def improvement(self, mean: Floats, deviation: Floats) -> Floats:
        """EHVI (q,) at means and deviations (q, m)."""
        product = np.ones((len(mean), len(self.lower)))
        for j in range(mean.shape[1]):
            g = _expected(self.edges[j], mean[:, j], deviation[:, j])[0]
            product *= g[:, self.upper[:, j]] - g[:, self.lower[:, j]]
        return np.asarray(product.sum(1))

    def gradient(self, mean: Floats, deviation: Floats) -> tuple[Floats, Floats, Floats]:
        """log EHVI (q,) and its gradients (q, m) with respect to means and deviations."""
        m = mean.shape[1]
        parts, by_mean, by_deviation = [], [], []
        for j in range(m):
            g, dm, ds = _expected(self.edges[j], mean[:, j], deviation[:, j])
            up, low = self.upper[:, j], self.lower[:, j]
            parts.append(g[:, up] - g[:, low])
            by_mean.append(dm[:, up] - dm[:, low])
            by_deviation.append(ds[:, up] - ds[:, low])
        value = np.maximum(np.prod(parts, axis=0).sum(1), TINY)
        slopes = np.empty((2, len(mean), m))
        for j in range(m):
            others = np.prod([parts[i] for i in range(m) if i != j], axis=0)
            slopes[0, :, j] = (by_mean[j] * others).sum(1) / value
            slopes[1, :, j] = (by_deviation[j] * others).sum(1) / value
        return np.log(value), slopes[0], slopes[1]

    def probability(self, mean: Floats, deviation: Floats) -> Floats:
        """(q,) the probability of lying in one of the boxes."""
        product = np.ones((len(mean), len(self.lower)))
        for j in range(mean.shape[1]):
            p = ndtr((self.edges[j] - mean[:, j, None]) / deviation[:, j, None])
            product *= p[:, self.upper[:, j]] - p[:, self.lower[:, j]]
        return np.asarray(product.sum(1))


def _expected(edges: Floats, mean: Floats, deviation: Floats) -> tuple[Floats, Floats, Floats]:
    """G (q, e) and its derivatives with respect to mean (-Phi) and deviation (phi)."""
    s = deviation[:, None]
    # -inf stands for "far below": G and both derivatives are 0 there.
    w = np.maximum((edges - mean[:, None]) / s, -37.0)
    cdf, pdf = ndtr(w), np.exp(-0.5 * w**2) / np.sqrt(2 * np.pi)
    g = s * np.maximum(w * cdf + pdf, 0.0)
    below = np.isneginf(edges)
    g[:, below] = 0.0
    return g, np.where(below, 0.0, -cdf), np.where(below, 0.0, pdf)
