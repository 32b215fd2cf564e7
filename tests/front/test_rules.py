from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from paretune.front.rules import knee, least, weighted
from paretune.pareto.dominance import nondominated

# Accuracy (turned) against seconds.
FRONT = np.array([[-0.99, 100.0], [-0.98, 20.0], [-0.96, 15.0], [-0.90, 10.0]])
POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12)


def test_the_knee_is_where_the_front_bulges() -> None:
    """The point furthest from the line between the extremes, worked out by hand."""
    # Normalised losses (0, 1), (1/9, 1/9), (1/3, 1/18), (1, 0): the second has the least sum.
    assert knee(FRONT) == 1
    assert knee(FRONT[:1]) == 0


def test_weights_move_the_choice() -> None:
    """All weight on one objective chooses its extreme; equal weights choose the knee."""
    assert weighted(FRONT, np.array([1.0, 0.0])) == 0
    assert weighted(FRONT, np.array([0.0, 1.0])) == 3
    assert weighted(FRONT, np.array([2.0, 2.0])) == knee(FRONT)


def test_ties_in_a_score_go_to_their_knee() -> None:
    """Equal scores, or those within so much of the least; NaN is never least."""
    # Of 1, 2 and 3, normalised among themselves, the second bulges most.
    assert least(np.array([3.0, 2.0, 2.0, 2.0]), FRONT) == 2
    assert least(np.array([3.0, 2.0, 2.1, 2.2]), FRONT) == 1
    assert least(np.array([3.0, 2.0, 2.1, 2.2]), FRONT, within=0.3) == 2
    assert least(np.array([np.nan, 2.0, 3.0, 4.0]), FRONT) == 1


@given(POINTS, st.integers(1, 9), st.integers(1, 9))
def test_the_choice_is_the_same_in_any_order(
    drawn: list[tuple[int, int]], first: int, second: int
) -> None:
    """Whatever the weights: points that are equal in all objectives apart."""
    losses = np.unique(np.array(drawn, dtype=float), axis=0)
    losses = losses[nondominated(losses)]
    weights = np.array([first, second], dtype=float)
    for choose in (knee, lambda f: weighted(f, weights), lambda f: least(f[:, 1], f)):
        one, other = losses[choose(losses)], losses[::-1][choose(losses[::-1])]
        assert (one == other).all()
