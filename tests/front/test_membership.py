from __future__ import annotations

import itertools

import numpy as np
import pytest
from paretune.front.membership import Bound, drawn_fronts, possible_members, sure_members
from paretune.pareto.dominance import nondominated
from scipy.stats import norm


def test_two_points_as_in_the_formula() -> None:
    """Independent errors: one dominates the other with the product of the chances of each loss."""
    losses, errors = np.array([[0.0, 0.0], [1.0, 0.5]]), np.array([[0.6, 0.3], [0.8, 0.4]])
    wide = np.hypot(*errors)
    first_wins = norm.cdf((losses[1] - losses[0]) / wide)
    expected = [1 - np.prod(1 - first_wins), 1 - np.prod(first_wins)]
    found = drawn_fronts(losses, errors, 2, draws=20_000).mean(axis=0)
    assert found == pytest.approx(expected, abs=0.012)


def test_without_noise_membership_is_dominance() -> None:
    """Certain figures leave nothing to chance."""
    losses = np.random.default_rng(0).random((40, 3))
    found = drawn_fronts(losses, np.zeros_like(losses), 3, draws=5)
    assert (found == nondominated(losses)).all()


def test_leaving_out_the_hopeless_changes_nothing() -> None:
    """Members of no draw are left out beforehand; the others are as likely without them."""
    generator = np.random.default_rng(1)
    losses, errors = generator.random((200, 2)), np.full((200, 2), 0.02)
    possible = possible_members(losses, errors, 2)
    assert possible.sum() < 100
    everyone = drawn_fronts(losses, errors, 2, draws=4000).mean(axis=0)
    few = drawn_fronts(losses[possible], errors[possible], 2, draws=4000).mean(axis=0)
    assert everyone[~possible].max() < 0.01
    assert few == pytest.approx(everyone[possible], abs=0.04)


def test_a_bound_is_kept_in_truth() -> None:
    """One on its bound is a member half the time; whoever surely breaks it never, and keeps nobody
    out."""
    losses = np.array([[0.5, 1.0], [0.1, 0.5], [0.3, 2.0]])
    errors = np.full_like(losses, 0.01)
    bounds = [Bound(0, -1.0, -0.3)]  # the first loss at least 0.3
    assert list(possible_members(losses, errors, 2, bounds)) == [True, False, True]
    found = drawn_fronts(losses, errors, 2, bounds, draws=2000).mean(axis=0)
    assert found == pytest.approx([1.0, 0.0, 0.5], abs=0.04)


def test_a_family_shares_the_error_of_its_training() -> None:
    """Of two that differ by less than the noise of what they share, the better is better."""
    losses, errors = np.array([[1.0], [1.01]]), np.full((2, 1), 0.05)
    families = np.array([0, 0])
    shares = np.full((2, 1), 0.999)
    apart = drawn_fronts(losses, errors, 1, draws=2000).mean(axis=0)
    together = drawn_fronts(losses, errors, 1, families=families, shares=shares, draws=2000)
    assert apart[0] < 0.6
    assert together.mean(axis=0) == pytest.approx([1.0, 0.0], abs=0.01)


def test_the_surest_are_taken_while_few_are_expected_to_be_false() -> None:
    """Against every subset: none that is larger expects as few false ones."""
    memberships = np.array([0.99, 0.6, 0.97, 0.9, 0.8])
    sure = sure_members(memberships, 0.1)
    assert list(sure) == [True, False, True, True, True]
    larger = itertools.combinations(memberships, int(sure.sum()) + 1)
    assert all(1 - np.mean(some) > 0.1 for some in larger)
