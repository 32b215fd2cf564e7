"""The Gaussian process: exact gradients, interpolation, and what noise does to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paretune.samplers.gp import GP, fit, log_posterior, prior


def data(seed: int, n: int = 30, f: int = 4) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).random((n, f))
    return x, np.sin(5 * x[:, 0]) + x[:, 1] ** 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_gradient_of_the_posterior_matches_finite_differences(seed):
    """d log p / d theta agrees with central differences, with and without known noise."""
    rng = np.random.default_rng(seed)
    x, y = data(seed)
    mean, sd = prior(x.shape[1])
    theta, extra = mean + 0.5 * sd * rng.standard_normal(len(mean)), 0.1 * rng.random(len(y))
    _, gradient = log_posterior(theta, x, y, extra)
    for i in range(len(theta)):
        step = 1e-5 * np.eye(len(theta))[i]
        up, down = (log_posterior(theta + s * step, x, y, extra)[0] for s in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-3, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_prediction_gradients_match_finite_differences(seed):
    """Mean and deviation are differentiated with respect to the query point."""
    x, y = data(seed)
    gp = GP.condition(x, y, np.zeros(len(y)))
    query = np.random.default_rng(seed + 1).random((3, x.shape[1]))
    mean, deviation, mean_slope, deviation_slope = gp.gradient(query)
    assert (mean, deviation) == (pytest.approx(gp.predict(query)[0]), pytest.approx(deviation))
    for i in range(x.shape[1]):
        step = 1e-5 * np.eye(x.shape[1])[i]
        up, down = gp.predict(query + step), gp.predict(query - step)
        assert mean_slope[:, i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-2, abs=1e-4)
        assert deviation_slope[:, i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-2, abs=1e-3)


def test_it_interpolates_exact_values_and_is_sure_of_them():
    """Without noise the fitted values are the values, and the deviation there is small."""
    x, y = data(0)
    gp = GP.condition(x, y, np.zeros(len(y)))
    mean, deviation = gp.predict(x)
    assert mean == pytest.approx(y, abs=0.05)
    assert gp.fitted == pytest.approx(mean, abs=1e-6)
    assert deviation.max() < 0.3 * y.std()


def test_it_smooths_noisy_values():
    """The fitted values lie nearer to the truth than the noisy ones it was given."""
    x, truth = data(1, n=80)
    noisy = truth + 0.3 * np.random.default_rng(2).standard_normal(len(truth))
    gp = GP.condition(x, noisy, np.zeros(len(truth)))
    assert np.abs(gp.fitted - truth).mean() < 0.8 * np.abs(noisy - truth).mean()
    assert gp.noise == pytest.approx(0.09, rel=0.6)


def test_a_point_of_known_uncertainty_counts_less():
    """A value with a large variance of its own hardly moves the prediction."""
    x, y = data(3)
    wrong = y.copy()
    wrong[0] += 5
    variance = np.zeros(len(y))
    variance[0] = 25.0
    gp = GP.condition(x, wrong, variance)
    assert abs(gp.predict(x[:1])[0][0] - y[0]) < 1


def test_a_feature_that_does_not_matter_gets_a_long_scale():
    """Relevance is learnt: the scale of an idle feature exceeds that of the one that acts."""
    x, y = data(4, n=60)
    theta = fit(x, (y - y.mean()) / y.std(), np.zeros(len(y)))
    assert theta[3] > theta[0] + 0.5


def test_constant_values_are_no_obstacle():
    """All values equal: predicted everywhere."""
    x, _ = data(5)
    gp = GP.condition(x, np.full(len(x), 7.0), np.zeros(len(x)))
    assert gp.predict(x[:2] + 0.1)[0] == pytest.approx([7.0, 7.0], abs=0.2)
