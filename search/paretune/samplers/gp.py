"""A small Gaussian process: Matern-5/2, a length scale per feature, MAP by exact gradients.

Notation: n training points, q query points, f features.

    x (n, f)     features                        y (n,)    standardised values, mean 0, variance 1
    l (f,)       length scales                   s2        signal variance
    t2           noise variance of every point   e (n,)    known extra noise variance of a point
    r            distance |(x - x') / l|         k(r) = s2 (1 + v + v^2 / 3) exp(-v), v = sqrt(5) r
    K = k(r) + diag(t2 + e)                      a = K^-1 y
    theta = (log l, log s2, log t2)

Log marginal likelihood L = -1/2 y'a - 1/2 log|K| - n/2 log 2 pi, with
dL/dtheta = 1/2 tr((a a' - K^-1) dK/dtheta) (Rasmussen & Williams 2006, eq. 5.9).

Priors on theta are normal. The mean of log l grows with 1/2 log f, so that a distance in the unit
cube means the same whatever the number of features (Hvarfner et al. 2024, arXiv 2402.02229).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

Floats = NDArray[np.float64]

ROOT5 = np.sqrt(5.0)
JITTER = 1e-8
FIT_POINTS = 200


def prior(features: int) -> tuple[Floats, Floats]:
    """Means and standard deviations of theta."""
    mean = np.r_[np.full(features, -0.3 + 0.5 * np.log(max(features, 1))), 0.0, -7.0]
    sd = np.r_[np.full(features, 0.6), 1.0, 2.0]
    return mean, sd


def log_posterior(theta: Floats, x: Floats, y: Floats, extra: Floats) -> tuple[float, Floats]:
    """L + log prior (up to a constant) and its gradient (f + 2,)."""
    scales, s2, t2 = np.exp(theta[:-2]), np.exp(theta[-2]), np.exp(theta[-1])
    mean, sd = prior(len(scales))
    z = x / scales
    v = ROOT5 * _distances(z, z)
    decay = np.exp(-v)
    k = s2 * (1 + v + v**2 / 3) * decay
    gram = k + np.diag(t2 + extra + JITTER)
    try:
        factor = cho_factor(gram, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return -1e10, np.zeros_like(theta)
    inverse = cho_solve(factor, np.eye(len(y)), check_finite=False)
    a = inverse @ y
    value = -0.5 * y @ a - np.log(np.diag(factor[0])).sum() - 0.5 * len(y) * np.log(2 * np.pi)
    w = np.outer(a, a) - inverse
    # dK/dlog l_i = 5/3 s2 (1 + v) exp(-v) (x_i - x'_i)^2 / l_i^2: its sum over pairs with weights
    # u is expanded, so that no (n, n, f) array is needed.
    u = w * (5 / 3 * s2) * (1 + v) * decay
    pairs = u.sum(1) @ z**2 - np.einsum("if,if->f", z, u @ z)
    gradient = np.r_[pairs, 0.5 * (w * k).sum(), 0.5 * t2 * np.trace(w)]
    value += float(-0.5 * (((theta - mean) / sd) ** 2).sum())
    return float(value), gradient - (theta - mean) / sd**2


def fit(x: Floats, y: Floats, extra: Floats, start: Floats | None = None) -> Floats:
    """The theta (f + 2,) of highest posterior that L-BFGS finds from `start` (else the prior).

    A handful of numbers needs no more than FIT_POINTS points, taken evenly.
    """
    if len(y) > FIT_POINTS:
        some = np.linspace(0, len(y) - 1, FIT_POINTS).astype(int)
        x, y, extra = x[some], y[some], extra[some]
    mean, _ = prior(x.shape[1])
    bounds = [(-4.0, 7.0)] * x.shape[1] + [(-5.0, 5.0), (-12.0, 2.0)]

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, gradient = log_posterior(theta, x, y, extra)
        return -value, -gradient

    found = minimize(
        loss,
        mean if start is None else start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 100 if start is None else 30},
    )
    return np.asarray(found.x)


@dataclass(frozen=True)
class GP:
    """A fitted process, in the units of the values it was given."""

    x: Floats  # (n, f)
    theta: Floats
    shift: float
    scale: float
    a: Floats  # (n,)
    root: Floats  # (n, n) L^-1, K = L L': steadier than K^-1 where the variance is small
    fitted: Floats  # (n,) posterior mean at the training points

    @classmethod
    def condition(
        cls,
        x: Floats,
        values: Floats,
        variance: Floats,
        theta: Floats | None = None,
        start: Floats | None = None,
    ) -> GP:
        """The process given `values` (n,) with known noise `variance` (n,).

        Without a `theta` it is fitted, from `start`.
        """
        shift, scale = standardisation(values)
        y, extra = (values - shift) / scale, variance / scale**2
        theta = fit(x, y, extra, start) if theta is None else theta
        noise = np.exp(theta[-1]) + extra + JITTER
        gram = _kernel(x, x, theta)[0] + np.diag(noise)
        factor = cho_factor(gram, lower=True, check_finite=False)
        a = cho_solve(factor, y, check_finite=False)
        root = solve_triangular(factor[0], np.eye(len(y)), lower=True, check_finite=False)
        return cls(x, theta, shift, scale, a, root, shift + scale * (y - noise * a))

    @property
    def noise(self) -> float:
        """Variance of one observation about the process."""
        return float(np.exp(self.theta[-1]) * self.scale**2)

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation (q,) of the process at (q, f), noise not included."""
        k, _ = _kernel(x, self.x, self.theta)
        variance = np.exp(self.theta[-2]) - ((k @ self.root.T) ** 2).sum(1)
        return (
            self.shift + self.scale * (k @ self.a),
            self.scale * np.sqrt(np.maximum(variance, 1e-12)),
        )

    def gradient(self, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, deviation (q,) and their gradients (q, f) with respect to the query points."""
        k, slope = _kernel(x, self.x, self.theta)
        inverse_scales = np.exp(-2 * self.theta[:-2])
        half = k @ self.root.T
        solved = half @ self.root  # (q, n) rows K^-1 k
        variance = np.maximum(np.exp(self.theta[-2]) - (half**2).sum(1), 1e-12)
        deviation = np.sqrt(variance)

        def through(weights: Floats) -> Floats:  # sum_n weights dk/dx, dk/dx = -slope (x - x_n)/l^2
            u = weights * slope
            return np.asarray((u @ self.x - u.sum(1)[:, None] * x) * inverse_scales)

        mean_slope = through(np.broadcast_to(self.a, k.shape))
        deviation_slope = -through(solved) / deviation[:, None]
        return (
            self.shift + self.scale * (k @ self.a),
            self.scale * deviation,
            self.scale * mean_slope,
            self.scale * deviation_slope,
        )


def standardisation(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation; 1 for the latter where all are equal."""
    scale = float(values.std())
    return float(values.mean()), scale if scale > 1e-12 else 1.0


def _distances(a: Floats, b: Floats) -> Floats:
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def _kernel(a: Floats, b: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """k (q, n) and 5/3 s2 (1 + v) exp(-v), which times -(x - x')/l^2 is its gradient."""
    scales, s2 = np.exp(theta[:-2]), np.exp(theta[-2])
    v = ROOT5 * _distances(a / scales, b / scales)
    decay = s2 * np.exp(-v)
    return decay * (1 + v + v**2 / 3), decay * (5 / 3) * (1 + v)
