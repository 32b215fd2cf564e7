"""Which rows go to which part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.data.splitting import held_out, nested_order, others, stratified, whole_groups

SIZES = st.lists(st.integers(2, 60), min_size=2, max_size=6)


@given(sizes=SIZES, share=st.floats(0.05, 0.95), seed=st.integers(0, 5))
def test_a_stratified_sample_keeps_the_shares(sizes: list[int], share: float, seed: int) -> None:
    """For any class sizes: distinct, the exact count, each class within one of its share."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    count = round(share * len(labels))
    chosen = stratified(labels, count, seed)
    assert len(np.unique(chosen)) == len(chosen) == count
    found = np.bincount(labels[chosen], minlength=len(sizes))
    assert (np.abs(found - np.array(sizes) * count / len(labels)) <= 1).all()


@given(sizes=SIZES, seed=st.integers(0, 5))
def test_every_beginning_of_a_nested_order_keeps_the_shares(sizes: list[int], seed: int) -> None:
    """It is a permutation, and after any number of rows each class is within one of its share."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    order = nested_order(labels, seed)
    assert sorted(order) == list(range(len(labels)))
    counts = np.cumsum(labels[order][:, None] == np.arange(len(sizes)), axis=0)
    shares = np.outer(np.arange(1, len(labels) + 1), sizes) / len(labels)
    assert np.abs(counts - shares).max() <= len(sizes) / 2


@given(seed=st.integers(0, 20), share=st.floats(0.1, 0.5))
def test_groups_are_never_divided(seed: int, share: float) -> None:
    """Whole groups only, near the count that is asked for, near the classes' shares."""
    generator = np.random.default_rng(seed)
    groups = generator.integers(0, 200, 2000)
    labels = generator.integers(0, 3, 2000)
    chosen = whole_groups(labels, groups, round(share * 2000), seed)
    assert not set(groups[chosen]) & set(groups[others(chosen, 2000)])
    assert abs(len(chosen) - share * 2000) < 60
    counts = np.bincount(labels[chosen], minlength=3)
    assert counts.min() > 0.7 * counts.max()


@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(20), 5)])
def test_the_held_out_rows_are_the_same_for_a_seed(groups: np.ndarray | None) -> None:
    """With groups and without; another seed gives others."""
    labels = np.arange(100) % 2
    first, second, other = (held_out(labels, groups, 0.3, seed) for seed in (1, 1, 2))
    assert first.tolist() == second.tolist() != other.tolist()
