"""Boxes, expected hypervolume improvement and the chance to enter the front, by brute force."""

from __future__ import annotations

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paretune.samplers.acquisition import Boxes, reference_point, scattered


def problem(seed: int, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A front (with dominated and duplicate points among it) and a reference point."""
    rng = np.random.default_rng(seed)
    front = np.round(rng.random((n, m)), 1)  # rounded: ties are where decompositions break
    return front, np.full(m, 1.05)


seeds, dimensions, sizes = st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 12)


@settings(max_examples=60, deadline=None)
@given(seeds, dimensions, sizes)
def test_boxes_are_disjoint_and_cover_just_what_is_not_dominated(seed, m, n):
    """Every point below the reference lies in one box if the front leaves it, else in none."""
    front, reference = problem(seed, m, n)
    boxes = Boxes.below(front, reference)
    points = np.random.default_rng(seed + 1).uniform(-0.3, 1.2, (300, m))
    lower = np.column_stack([boxes.edges[j][boxes.lower[:, j]] for j in range(m)])
    upper = np.column_stack([boxes.edges[j][boxes.upper[:, j]] for j in range(m)])
    within = ((points[:, None] >= lower) & (points[:, None] < upper)).all(2).sum(1)
    free = (points < reference).all(1) & ~(front[None] <= points[:, None]).all(2).any(1)  # type: ignore[call-overload]
    assert (within == free).all()


@settings(max_examples=60, deadline=None)
@given(seeds, dimensions, sizes)
def test_what_the_boxes_leave_is_the_hypervolume(seed, m, n):
    """As moocore counts it."""
    front, reference = problem(seed, m, n)
    held = Boxes.below(front, reference).dominated(front, reference)
    expected = moocore.hypervolume(front, ref=reference) if n else 0.0
    assert held == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 8))
def test_improvement_is_the_mean_of_sampled_hypervolume_gains(seed, m, n):
    """EHVI agrees with Monte Carlo over moocore's hypervolume within five standard errors."""
    front, reference = problem(seed, m, n)
    rng = np.random.default_rng(seed + 1)
    mean, deviation = rng.uniform(-0.2, 1.0, m), rng.uniform(0.2, 0.5, m)  # no rare events
    base = moocore.hypervolume(front, ref=reference)
    gains = np.array(
        [
            moocore.hypervolume(np.vstack([front, y]), ref=reference) - base
            for y in rng.normal(mean, deviation, (600, m))
        ]
    )
    exact = Boxes.below(front, reference).improvement(mean[None], deviation[None])[0]
    assert abs(exact - gains.mean()) <= 5 * gains.std() / np.sqrt(len(gains)) + 2e-3


@settings(max_examples=30, deadline=None)
@given(seeds, dimensions, sizes)
def test_gradient_of_log_improvement_matches_finite_differences(seed, m, n):
    """Both derivatives agree with central differences."""
    front, reference = problem(seed, m, n)
    boxes = Boxes.below(front, reference)
    rng = np.random.default_rng(seed + 1)
    mean, deviation = rng.uniform(0, 1, (3, m)), rng.uniform(0.1, 0.4, (3, m))
    _, by_mean, by_deviation = boxes.gradient(mean, deviation)
    for j in range(m):
        step = 1e-5 * np.eye(m)[j]
        moved = [np.log(boxes.improvement(mean + s * step, deviation)) for s in (1, -1)]
        assert by_mean[:, j] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-3, abs=1e-4)
        moved = [np.log(boxes.improvement(mean, deviation + s * step)) for s in (1, -1)]
        assert by_deviation[:, j] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-3, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(1, 8))
def test_probability_of_entering_the_front_agrees_with_counting(seed, m, n):
    """With an infinite reference, P(in a box) is the share of samples that no point dominates."""
    front, _ = problem(seed, m, n)
    rng = np.random.default_rng(seed + 1)
    mean, deviation = rng.uniform(0, 1, m), rng.uniform(0.05, 0.4, m)
    samples = rng.normal(mean, deviation, (4000, m))
    counted = 1 - (front[None] <= samples[:, None]).all(2).any(1).mean()  # type: ignore[call-overload]
    boxes = Boxes.below(front, np.full(m, np.inf))
    exact = boxes.probability(mean[None], deviation[None])[0]
    assert abs(exact - counted) <= 5 * np.sqrt(0.25 / 4000)


def test_improvement_keeps_its_precision_far_from_the_front():
    """Twenty deviations away the improvement is tiny, positive, and tells near from far."""
    boxes = Boxes.below(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1.1, 1.1]))
    near, far = boxes.improvement(np.array([[1.6, 1.6], [1.7, 1.7]]), np.full((2, 2), 0.03))
    assert 0 < far < near < 1e-100


def test_reference_lies_beyond_a_front_of_one_point():
    """A front without extent leaves room on all sides: as far as the median of what was seen."""
    losses = np.array([[0.0, 0.0], [1.0, 4.0], [2.0, 8.0]])
    assert (reference_point(losses[:1], losses) > [1.0, 4.0]).all()


def test_scattered_rows_cover_the_front_and_are_distinct():
    """Of a line of 101 points, five chosen are about a quarter of it apart, both ends included."""
    line = np.column_stack([np.linspace(0, 1, 101), np.linspace(1, 0, 101)])
    chosen = np.sort(scattered(line, 5))
    assert chosen[0] == 0
    assert chosen[-1] == 100
    assert np.diff(chosen).min() >= 20
    assert sorted(scattered(line[:3], 5)) == [0, 1, 2]
