"""Who lives, by signs that no step of a clock can forge."""

import pytest
from other_driver import dead_driver, driver_of, in_another_container, on_another_machine
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.signs_of_life import SILENT_SECONDS, SignsOfLife


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def signs(clock):
    return SignsOfLife(clock)


def test_of_what_can_be_seen_the_process_tells(signs, clock):
    """However long it is silent: a stopped driver has its devices, a dead one has none."""
    mine, dead = Driver.me().owner, dead_driver().owner
    signs.look({mine: {"beat": 1, "monotonic": clock.now}, dead: {"beat": 1, "monotonic": 999.0}})
    clock.now += 10 * SILENT_SECONDS
    assert not signs.is_dead(mine)
    assert signs.is_dead(dead)
    assert signs.is_certain(mine)
    assert signs.is_certain(dead)


def test_another_machine_is_dead_after_a_long_silence(signs, clock):
    """Whatever its host is called, and whatever dates it writes; until then it must be watched."""
    other = on_another_machine().owner
    session = {"beat": 7, "monotonic": 5.0, "last": 4e9}
    signs.look({other: session})
    assert not signs.is_dead(other)
    assert not signs.is_certain(other)
    clock.now += SILENT_SECONDS - 1
    signs.look({other: session})
    assert not signs.is_dead(other)
    clock.now += 2
    assert signs.is_dead(other)


def test_another_machine_that_raises_its_beat_lives(signs, clock):
    """A change is a sign of life, now."""
    other = on_another_machine().owner
    for beat in range(5):
        signs.look({other: {"beat": beat}})
        clock.now += SILENT_SECONDS - 1
        assert not signs.is_dead(other)
    assert signs.is_certain(other)


def test_another_container_is_judged_on_the_common_clock(signs, clock):
    """One kernel, one CLOCK_MONOTONIC: a silence that began before this process looked counts."""
    other = in_another_container().owner
    signs.look({other: {"beat": 1, "monotonic": clock.now - SILENT_SECONDS - 1}})
    assert signs.is_dead(other)
    signs.look({other: {"beat": 2, "monotonic": clock.now - 5}})
    assert not signs.is_dead(other)


def test_a_driver_that_has_taken_its_leave_is_not_waited_for(signs):
    """It says that it ends; what it left cannot be running."""
    other = on_another_machine().owner
    signs.look({other: {"beat": 1, "ended": True}})
    assert signs.is_dead(other)


def test_a_driver_without_a_session_is_watched_too(signs, clock):
    """One that was killed before it could write one."""
    other = on_another_machine().owner
    assert not signs.is_dead(other)
    clock.now += SILENT_SECONDS + 1
    assert signs.is_dead(other)


def test_a_living_process_elsewhere_in_the_tree(signs):
    """The parent of the tests runs, whatever it is."""
    import os

    assert not signs.is_dead(driver_of(os.getppid()).owner)
