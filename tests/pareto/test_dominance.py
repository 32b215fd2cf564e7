from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from paretune.pareto.dominance import hypervolume, nondominated, normalised

# Few distinct values, so that ties and duplicates are common.
SMALL = st.integers(1, 5).flatmap(
    lambda m: st.integers(0, 12).flatmap(
        lambda n: arrays(
            float, (n, m), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf, -np.inf])
        )
    )
)
GRID = st.integers(1, 4).flatmap(
    lambda m: st.integers(0, 6).flatmap(
        lambda n: arrays(float, (n, m), elements=st.integers(0, 5).map(float))
    )
)


def dominates(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one <= other).all() and (one < other).any())


@given(SMALL)
def test_the_front_is_what_nobody_dominates(losses: np.ndarray) -> None:
    """Against the definition, pair by pair; NaN and infinity never count."""
    finite = [np.isfinite(row).all() for row in losses]
    expected = [
        finite[i] and not any(finite[j] and dominates(other, row) for j, other in enumerate(losses))
        for i, row in enumerate(losses)
    ]
    assert nondominated(losses).tolist() == expected


@given(GRID)
def test_hypervolume_counts_the_dominated_cells(losses: np.ndarray) -> None:
    """On whole numbers it is the number of unit cells that some point dominates."""
    m, top = losses.shape[1], 4
    corners = np.stack(np.meshgrid(*[np.arange(top)] * m, indexing="ij"), -1).reshape(-1, m)
    covered = np.zeros(len(corners), dtype=bool)
    for row in losses:
        covered |= (corners >= row).all(axis=1)
    assert hypervolume(losses, np.full(m, float(top))) == pytest.approx(covered.sum())


def test_points_beyond_the_reference_add_nothing() -> None:
    """Neither does a point with a NaN, and no point at all is 0."""
    reference = np.array([1.0, 1.0])
    inside = np.array([[0.5, 0.5]])
    more = np.array([[0.5, 0.5], [2.0, 0.0], [np.nan, 0.0]])
    assert hypervolume(more, reference) == hypervolume(inside, reference) == 0.25
    assert hypervolume(np.empty((0, 2)), reference) == 0.0


def test_normalised_runs_from_ideal_to_nadir() -> None:
    """Best is 0, worst is 1, a column without differences is 0; ends can be given."""
    losses = np.array([[1.0, 7.0, -2.0], [3.0, 7.0, 0.0]])
    assert normalised(losses).tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]
    wide = normalised(losses, np.array([0.0, 0.0, -4.0]), np.array([4.0, 7.0, 4.0]))
    assert wide.tolist() == [[0.25, 1.0, 0.25], [0.75, 1.0, 0.5]]


@given(arrays(float, (6, 3), elements=st.floats(-10, 10)), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_normalised_hypervolume_does_not_depend_on_units(
    losses: np.ndarray, scale: float, shift: float
) -> None:
    """As a share of the box it is the same in other units, and lies in [0, 1]."""
    ideal, nadir = np.full(3, -10.0), np.full(3, 10.0)
    share = hypervolume(normalised(losses, ideal, nadir), np.ones(3))
    ends = ideal * scale + shift, nadir * scale + shift
    moved = hypervolume(normalised(losses * scale + shift, *ends), np.ones(3))
    assert 0.0 <= share <= 1.0 + 1e-9
    assert moved == pytest.approx(share, abs=1e-9)
