from __future__ import annotations

import numpy as np
from paretune.front.alike import alike, group


def test_the_noise_of_a_difference_is_that_of_both() -> None:
    """Errors of 3 and 4 make one of 5."""
    losses = np.array([[0.0], [5.0], [5.1]])
    errors = np.array([[3.0], [4.0], [4.0]])
    assert alike(0, np.array([1, 2]), losses, errors).tolist() == [[True], [False]]


def test_no_member_is_further_from_its_leader_than_the_noise() -> None:
    """A chain of neighbours is not one point: 0, 1, 2 within 1, and 3 a point of its own."""
    losses = np.array([[0.0], [1.0], [2.0], [3.0]])

    def equal(one: int, others: np.ndarray) -> np.ndarray:
        return np.abs(losses[others] - losses[one]) <= 1

    assert group([1, 0, 2, 3], [], equal) == [[1, 0, 2], [3]]
    assert group([0], [1, 2], equal) == [[0, 1]]
