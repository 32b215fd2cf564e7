"""One figure as a function of the configuration: linear in log space, plus what is not straight.

Simple models of cost extrapolate best (Lee et al. 2020, arXiv 2011.11456): a straight line in the
logarithms of batch size, epochs or width, whose slopes are known within limits before anything has
run. A small Gaussian process on the same features takes up what is not straight, another one in
time what the machine does to all trials of a while (a neighbour, a clock that is throttled).

Notation: n observations, f features, q queries.

    x (n, f)  features (paretune.predict.features)         y (n,)  log of the figure
    w (n,)    when: the trials' order                 e (n,)  extra noise variance of outliers
    m (f,)    expected slopes                         g (f,)  how far each slope may be off
    s, d, t   size of the correction, of the drift, of the noise
    G         G_ij = 1 where i and j carry one and the same measurement (a training that two
              trials shared): then their noise is the same as well
    r2        sum_j (BEND g_j)^2 (x_j - x'_j)^2       r = y - x m - c, c the median of y - x m
    K = LEVEL^2 + x diag(g^2) x' + s^2 exp(-r2 / 2) + d^2 exp(-|w - w'| / WHILE) + t^2 G + diag(e)
    theta = (log g, log s, log d, log t), normal priors on each; a = K^-1 r

Residuals of a measurement as the others predict it are B^-1 a_g with variance B^-1, B the block
K^-1_gg (Sundararajan & Keerthi 2001); what they exceed the model's own deviations by stretches its
intervals (conformal in spirit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.stats import t as student

Floats = NDArray[np.float64]

JITTER = 1e-6  # variance: what keeps equal configurations' rows apart
LEVEL = 2.0  # standard deviation of the intercept, in log units
BEND = 1.5  # a slope that may be steep may bend as well
CORRECTION = 0.1  # prior median of s
THETA_SD = 1.0  # of every log hyperparameter
WHILE = 10.0  # trials: how long a disturbance of the machine lasts
OUTLIER = 2.5  # leave-one-out deviations beyond which an observation counts for less
PRIOR_WEIGHT = 8.0  # observations' worth of belief in the model's own deviations
COVERED, _WITHIN = 0.8, 1.2816  # so many deviations hold that share of a normal distribution
CHOSEN = 6.0  # observations' worth of freedom that the choice of theta takes
NEWEST = 150  # observations that are used


@dataclass(frozen=True)
class Prior:
    """What is known before anything has run."""

    slopes: Floats  # (f,) m
    spread: Floats  # (f,) prior medians of g
    noise: float = 0.1  # prior median of t
    drift: float = 0.1  # prior median of d; 0: the figure has none

    @property
    def centre(self) -> Floats:
        """(f + 3,) prior means of theta."""
        return np.asarray(np.log(np.r_[self.spread, CORRECTION, max(self.drift, 1e-9), self.noise]))


@dataclass(frozen=True)
class Points:
    """Observations of one figure."""

    x: Floats  # (n, f)
    when: Floats  # (n,)
    extra: Floats  # (n,)
    group: NDArray[np.intp]  # (n,) which measurement each carries

    def with_noise(self, extra: Floats) -> Points:
        """The same with more noise."""
        return Points(self.x, self.when, self.extra + extra, self.group)

    @property
    def newest(self) -> Points:
        """No more of them than can be handled quickly."""
        last = slice(-NEWEST, None)
        return Points(self.x[last], self.when[last], self.extra[last], self.group[last])


@dataclass(frozen=True)
class Line:
    """The fitted model of one figure."""

    prior: Prior
    points: Points
    theta: Floats  # (f + 3,)
    level: float  # c
    a: Floats  # (n,)
    factor: tuple[Floats, bool]  # Cholesky factor of K
    stretch: float  # of every deviation, learnt from the leave-one-out residuals
    residuals: Floats  # one for each measurement, as the others predict it; in log units
    evidence: float  # log posterior of theta: which of two sets of features explains better

    @classmethod
    def fit(
        cls,
        points: Points,
        y: Floats,
        prior: Prior,
        start: Floats | None = None,
        *,
        search: bool = True,
    ) -> Line:
        """Learn from (n,) log figures, n >= 1; the newest NEWEST count.

        `start` is the theta of an earlier fit, and stands if not `search`.
        """
        points = points.newest
        bare = y[-NEWEST:] - points.x @ prior.slopes
        level = float(np.median(bare))
        r = bare - level
        theta = _search(points, r, prior, start) if search or start is None else start
        residuals, deviations = _leave_out(points, r, theta)
        far = np.abs(residuals) / deviations > OUTLIER
        if prior.drift > 0 and far.any() and len(residuals) > 4:
            # A stranger on the machine, a cold disk: believed less, not left out. What time does
            # not touch (memory, size) is never wrong like that.
            _, which = np.unique(points.group, return_inverse=True)
            points = points.with_noise(np.where(far, residuals**2, 0.0)[which])
            theta = _search(points, r, prior, theta) if search else theta
            residuals, deviations = _leave_out(points, r, theta)
        factor = cho_factor(_gram(points, theta), lower=True, check_finite=False)
        return cls(
            prior=prior,
            points=points,
            theta=theta,
            level=level,
            a=cho_solve(factor, r, check_finite=False),
            factor=factor,
            stretch=_stretch(residuals, deviations),
            residuals=residuals,
            evidence=-_loss(theta, points, r, prior.centre)[0],
        )

    def predict(self, x: Floats, when: float) -> tuple[Floats, Floats]:
        """Mean and deviation (q,) of the log figure at (q, f), the noise of one trial included."""
        asked = _asked(x, when)
        cross = _kernel(asked, self.points, self.theta)
        mean = self.level + x @ self.prior.slopes + cross @ self.a
        solved = cho_solve(self.factor, cross.T, check_finite=False)
        g2, others = np.exp(2 * self.theta[:-3]), np.exp(2 * self.theta[-3:]).sum()
        variance = LEVEL**2 + x**2 @ g2 + others - (cross * solved.T).sum(1)
        return mean, self.stretch * np.sqrt(np.maximum(variance, 1e-12))

    def difference(self, one: Floats, other: Floats) -> float:
        """Deviation of the log ratio of two configurations' figures: features (f,) each.

        What both have in common (the level, the machine's state, their own noise) cancels.
        """
        asked = _asked(np.array([one, other]), -1e6)  # far off: no drift is shared with the data
        cross = _kernel(asked, self.points, self.theta)
        own = _kernel(asked, asked, self.theta)
        left = own - cross @ cho_solve(self.factor, cross.T, check_finite=False)
        variance = left[0, 0] + left[1, 1] - 2 * left[0, 1]
        return self.stretch * float(np.sqrt(max(variance, 0.0)))


def guess(x: Floats, level: float, prior: Prior, deviation: float) -> tuple[Floats, Floats]:
    """Mean and deviation (q,) before anything has run: `level` where every feature is 0."""
    spread = np.sqrt(deviation**2 + x**2 @ prior.spread**2)
    return level + x @ prior.slopes, spread


def _asked(x: Floats, when: float) -> Points:
    n = len(x)
    return Points(x, np.full(n, when), np.zeros(n), np.arange(n))


def _search(points: Points, r: Floats, prior: Prior, start: Floats | None) -> Floats:
    """The theta of highest posterior that is found from the prior, and from `start` besides.

    From an earlier theta alone a fit that once took everything for noise would never recover.
    """
    centre = prior.centre
    begins = [centre]
    if start is not None and len(start) == len(centre):
        begins.append(start)
    # No figure is as exact as a few lucky observations make it look.
    bounds = [*((c - 5.0, c + 4.0) for c in centre[:-1]), (centre[-1] - 1.0, centre[-1] + 4.0)]
    found = [
        minimize(
            _loss,
            begin,
            args=(points, r, centre),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 60},
        )
        for begin in begins
    ]
    return np.asarray(min(found, key=lambda each: each.fun).x)


def _loss(theta: Floats, points: Points, r: Floats, centre: Floats) -> tuple[float, Floats]:
    """Minus the log posterior of theta, and its gradient (Rasmussen & Williams 2006, eq. 5.9)."""
    x = points.x
    try:
        factor = cho_factor(_gram(points, theta), lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(theta)
    inverse = cho_solve(factor, np.eye(len(r)), check_finite=False)
    a = inverse @ r
    value = 0.5 * r @ a + np.log(np.diag(factor[0])).sum()
    w = np.outer(a, a) - inverse  # dL/dtheta = 1/2 tr(w dK/dtheta)
    g2 = np.exp(2 * theta[:-3])
    straight = 2 * g2 * ((x.T @ a) ** 2 - np.einsum("if,if->f", x, inverse @ x))
    u = w * _smooth(x, x, theta)
    # sum_ik u_ik (x_ij - x_kj)^2, expanded so that no (n, n, f) array is needed
    pairs = 2 * (u.sum(1) @ x**2 - np.einsum("if,if->f", x, u @ x))
    bent = -(BEND**2) * g2 * pairs
    drifts = 2 * (w * _drift(points.when, points.when, theta)).sum()
    noise = 2 * np.exp(2 * theta[-1]) * (w * _shared(points)).sum()
    gradient = 0.5 * np.r_[straight + bent, 2 * u.sum(), drifts, noise]
    away = (theta - centre) / THETA_SD
    return float(value + 0.5 * away @ away), -gradient + away / THETA_SD


def _smooth(x: Floats, other: Floats, theta: Floats) -> Floats:
    a, b = (BEND * np.exp(theta[:-3]) * each for each in (x, other))
    r2 = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.asarray(np.exp(2 * theta[-3] - np.maximum(r2, 0.0) / 2))


def _drift(when: Floats, other: Floats, theta: Floats) -> Floats:
    return np.asarray(np.exp(2 * theta[-2] - np.abs(when[:, None] - other) / WHILE))


def _kernel(points: Points, other: Points, theta: Floats) -> Floats:
    straight = (points.x * np.exp(2 * theta[:-3])) @ other.x.T
    smooth = _smooth(points.x, other.x, theta)
    return np.asarray(LEVEL**2 + straight + smooth + _drift(points.when, other.when, theta))


def _shared(points: Points) -> Floats:
    return np.asarray(points.group[:, None] == points.group, dtype=float)


def _gram(points: Points, theta: Floats) -> Floats:
    noise = np.exp(2 * theta[-1]) * _shared(points)
    return np.asarray(_kernel(points, points, theta) + noise + np.diag(points.extra + JITTER))


def _leave_out(points: Points, r: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Residual and deviation of each measurement as the others predict it, in order of group."""
    inverse = np.linalg.inv(_gram(points, theta))
    a = inverse @ r
    residuals, deviations = [], []
    for group in np.unique(points.group):
        members = np.flatnonzero(points.group == group)
        covariance = np.linalg.inv(inverse[np.ix_(members, members)])
        residuals.append((covariance @ a[members])[0])
        deviations.append(np.sqrt(covariance[0, 0]))
    return np.array(residuals), np.array(deviations)


def _stretch(residuals: Floats, deviations: Floats) -> float:
    """By how much intervals must be widened (or narrowed) to hold COVERED of the residuals.

    A few observations say little: PRIOR_WEIGHT more that agree with the model are added to them,
    and the interval is Student's, for its width has been estimated from few.
    """
    n = len(residuals)
    observed = float(np.quantile(np.abs(residuals) / deviations, COVERED)) / _WITHIN
    freedom = max(n - CHOSEN, 2.0)
    few = float(student.ppf(0.5 + COVERED / 2, freedom)) / _WITHIN
    return float(few * np.exp(n * np.log(max(observed, 0.8)) / (n + PRIOR_WEIGHT)))
