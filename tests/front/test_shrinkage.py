from __future__ import annotations

import numpy as np
import pytest
from paretune.front.shrinkage import drawn_together, expected_shrinkage

REPEATS = 150


def best(losses: np.ndarray) -> int:
    return int(np.argmin(losses[:, 0]))


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_the_luck_of_the_best_of_many_is_estimated(spread: float) -> None:
    """Against the truth, over made-up studies: the noise is 1, true figures spread about as much,
    not at all, or more. Taken at its word the best flatters itself by what is estimated.
    """
    generator = np.random.default_rng(3)
    errors = np.ones((40, 1))
    flattered, estimated = [], []
    for _ in range(REPEATS):
        truth = spread * generator.standard_normal((40, 1))
        measured = truth + generator.standard_normal((40, 1))
        chosen = best(measured)
        flattered.append(float((truth - measured)[chosen, 0]))
        estimated.append(float(expected_shrinkage(measured, errors, best)[0]))
    assert np.mean(flattered) > 0.3
    assert np.mean(estimated) == pytest.approx(np.mean(flattered), rel=0.2)


def test_what_is_exact_is_not_shrunk() -> None:
    """A column without noise stays; so does everything where there are too few to tell."""
    losses = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 0.2]])
    assert (expected_shrinkage(losses, np.zeros((3, 2)), best) == 0).all()
    exact = np.linspace(0, 1, 20)
    assert (drawn_together(exact, np.zeros(20)) == exact).all()
    assert (drawn_together(exact[:3], np.ones(3)) == exact[:3]).all()


def test_nothing_to_choose_from_has_no_luck() -> None:
    """A rule that finds nothing in any draw."""
    assert (expected_shrinkage(np.ones((6, 2)), np.ones((6, 2)), lambda _: None) == 0).all()
