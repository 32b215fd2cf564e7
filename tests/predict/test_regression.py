"""The line in log space: its gradient, what it learns, how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from paretune.predict.regression import Line, Points, Prior, _loss, guess

PRIOR = Prior(np.array([1.0, 0.0, 0.0]), np.array([0.1, 0.3, 0.1]), noise=0.05)


def data(n, seed=0, noise=0.05):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    y = 2 + 1.1 * x[:, 0] - 0.5 * x[:, 1] + noise * rng.standard_normal(n)
    return Points(x, np.arange(n, dtype=float), np.zeros(n), np.arange(n)), y


def test_gradient_is_that_of_the_loss():
    """The posterior's analytic gradient equals its finite differences in every direction."""
    points, y = data(12)
    rng = np.random.default_rng(1)
    theta = PRIOR.centre + 0.4 * rng.standard_normal(6)
    _, gradient = _loss(theta, points, y - y.mean(), PRIOR.centre)
    for i in range(len(theta)):
        step = np.zeros(len(theta))
        step[i] = 1e-5
        ends = [_loss(theta + s, points, y - y.mean(), PRIOR.centre)[0] for s in (step, -step)]
        assert gradient[i] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-6)


def test_slopes_are_learnt_from_a_dozen_points():
    """Fresh points of the same law are predicted to within a few times its noise."""
    points, y = data(12)
    fresh, truth = data(200, seed=2, noise=0.0)
    mean, _ = Line.fit(points, y, PRIOR).predict(fresh.x, 12.0)
    assert np.abs(mean - truth).mean() < 0.1


def test_intervals_hold_what_they_promise():
    """Over many small data sets about 80 % of fresh measurements lie in the 80 % interval."""
    inside = []
    for seed in range(30):
        points, y = data(15, seed=seed)
        fresh, truth = data(40, seed=1000 + seed)
        mean, deviation = Line.fit(points, y, PRIOR).predict(fresh.x, 15.0)
        inside.append(np.abs(truth - mean) < 1.2816 * deviation)
    assert 0.72 < np.mean(inside) < 0.97


def test_an_outlier_does_not_bend_the_line():
    """One trial that a stranger slowed down threefold barely moves the predictions."""
    points, y = data(20)
    clean, _ = Line.fit(points, y, PRIOR).predict(points.x, 20.0)
    y[7] += np.log(3)
    bent, _ = Line.fit(points, y, PRIOR).predict(points.x, 20.0)
    others = np.arange(20) != 7
    assert np.abs(bent - clean)[others].mean() < 0.08


def test_a_slow_while_is_expected_to_last():
    """After ten trials that were all 40 % dearer the next is expected to be dear as well."""
    points, y = data(30)
    y[20:] += 0.35
    line = Line.fit(points, y, PRIOR)
    soon, _ = line.predict(points.x[:1], 30.0)
    later, _ = line.predict(points.x[:1], 200.0)
    assert soon[0] > later[0] + 0.1


def test_one_observation_is_enough_to_begin():
    """A single trial sets the level; the interval stays honest about the slopes."""
    points, y = data(1)
    line = Line.fit(points, y, PRIOR)
    at, near = line.predict(points.x, 1.0)
    _, far = line.predict(-points.x, 1.0)
    assert at[0] == pytest.approx(y[0], abs=0.05)
    assert far[0] > near[0] > 0


def test_hyperparameters_can_stay():
    """Without a search the earlier theta is kept and the new data are still conditioned on."""
    points, y = data(12)
    first = Line.fit(points, y, PRIOR)
    more, z = data(14)
    second = Line.fit(more, z + 1.0, PRIOR, first.theta, search=False)
    assert np.array_equal(second.theta, first.theta)
    assert second.level == pytest.approx(first.level + 1.0, abs=0.2)


def test_guess_grows_wider_away_from_the_middle():
    """Before any data the prior slopes are followed, less surely the further out."""
    x = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    mean, deviation = guess(x, 3.0, PRIOR, 1.0)
    assert mean.tolist() == [3.0, 4.0]
    assert deviation[1] > deviation[0] == 1.0


def test_a_shared_measurement_is_one_and_tells_what_does_not_matter():
    """Trials that share a measurement weigh as one, and show which feature has no part in it."""
    points, y = data(8)
    copies = np.repeat(np.arange(8), 3)
    x = points.x[copies]
    x[:, 2] = np.tile([-1.0, 0.0, 1.0], 8)
    many = Points(x, points.when[copies], np.zeros(24), copies)
    line = Line.fit(many, y[copies], PRIOR)
    assert len(line.residuals) == 8
    ends, _ = line.predict(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]), 8.0)
    assert ends[0] == pytest.approx(ends[1], abs=0.01)
