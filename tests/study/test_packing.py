"""Packing: free devices do not idle, and nobody starves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.study.packing import Packing


@given(st.integers(1, 8), st.lists(st.integers(1, 8), min_size=1, max_size=80), st.data())
def test_nobody_starves(capacity, sizes, data):
    """Every trial starts, after a bounded number of later ones have passed it; leases fit."""
    packing = Packing(capacity)
    to_come = [(n, min(size, capacity)) for n, size in enumerate(sizes)]
    running: dict[int, int] = {}
    free, started, arrived = capacity, [], []
    while to_come or packing.waiting or running:
        due = packing.next(free)
        if due is not None:
            assert due.gpu_count <= free
            free -= due.gpu_count
            running[due.number] = due.gpu_count
            started.append(due.number)
        elif to_come and packing.wants_more(free, soon=data.draw(st.booleans())):
            number, size = to_come.pop(0)
            arrived.append(number)
            packing.add(number, size)
        else:
            assert running, "devices are free, trials wait, and nothing will ever start"
            ended = data.draw(st.sampled_from(sorted(running)))
            free += running.pop(ended)
    assert sorted(started) == sorted(arrived) == list(range(len(sizes)))
    for position, number in enumerate(started):
        passed_by = [later for later in started[:position] if later > number]
        assert len(passed_by) <= 2 * packing.most_passes


def test_small_trial_fills_the_gap():
    """A trial that waits for all devices does not idle those that are free."""
    packing = Packing(4)
    packing.add(1, 4)
    assert packing.next(3) is None
    assert packing.wants_more(3)
    packing.add(2, 2)
    assert packing.next(3).number == 2


def test_passing_ends():
    """After `most_passes` have passed it, the devices drain for the first in line."""
    packing = Packing(4, most_passes=2)
    packing.add(0, 4)
    for number in (1, 2):
        packing.add(number, 1)
        assert packing.next(1).number == number
    packing.add(3, 1)
    assert packing.next(1) is None
    assert not packing.wants_more(1)
    assert packing.next(4).number == 0
    assert packing.next(1).number == 3


def test_too_large():
    """A trial that could never fit is refused at once."""
    with pytest.raises(ValueError, match="gpu_count 5 of 4"):
        Packing(4).add(1, 5)


def test_held_trial_stands_aside():
    """One that waits for a stage another trial computes neither starts nor blocks the others."""
    packing = Packing(2, most_passes=1)
    packing.add(0, 1)
    assert packing.next(2, held={0}) is None
    assert packing.wants_more(2, held={0})
    for number in (1, 2, 3):
        packing.add(number, 1)
        assert packing.next(1, held={0}).number == number
    assert packing.next(1).number == 0


def test_one_is_asked_for_ahead():
    """While all devices are taken one more may wait, once one of them is about to be free."""
    packing = Packing(2)
    assert not packing.wants_more(0)
    assert packing.wants_more(0, soon=True)
    packing.add(7, 1)
    assert not packing.wants_more(0, soon=True)
