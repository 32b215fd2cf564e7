"""Seconds in which a study was at work, counted once however many drivers there are."""

import optuna
import pytest
from other_driver import in_another_container, on_another_machine
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.sessions import DriverSession, Heartbeat, others_may_work, sessions
from paretune.study.drivers.signs_of_life import SILENT_SECONDS
from paretune.study.storage.stored_study import StoredStudy


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stored():
    return StoredStudy(optuna.create_study(study_name="s"))


@pytest.fixture
def session(stored, clock):
    def session(driver, start_seconds=0.0):
        return DriverSession(stored, driver, 1, start_seconds, clock)

    return session


def test_one_driver_counts_its_own_time(session, clock):
    """From the command on, start-up included."""
    mine = session(Driver.me(), start_seconds=3.0)
    clock.now += 10
    assert mine.wall_seconds() == 13.0
    mine.save()
    clock.now += 5
    assert mine.wall_seconds() == 18.0


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_step_of_the_wall_clock_costs_nothing(session, clock, monkeypatch, step):
    """Neither a budget that is spent at once, nor one that is never spent; and no driver that falls
    silent by it."""
    import time

    mine, other = session(Driver.me()), session(on_another_machine())
    for part in (mine, other):
        part.save()
    began = time.time()
    monkeypatch.setattr("time.time", lambda: began + step)
    clock.now += 10
    other.save()
    mine.save()
    assert mine.wall_seconds() == pytest.approx(10.0)
    assert not mine.is_alone


def test_two_drivers_count_their_time_once(session, clock):
    """The eldest counts; the other shows the same."""
    first = session(Driver.me())
    first.save()
    clock.now += 10
    second = session(on_another_machine())
    for _ in range(10):
        clock.now += 1
        for part in (first, second):
            part.save()
    clock.now += 0.5
    assert first.wall_seconds() == pytest.approx(20.5)
    assert second.wall_seconds() == pytest.approx(20.5)


def test_the_next_goes_on_where_the_eldest_fell_silent(session, clock):
    """The time until it is certain that the eldest is dead is not lost."""
    first = session(on_another_machine())
    first.save()
    second = session(Driver.me())
    second.save()
    for _ in range(int(SILENT_SECONDS) + 40):
        clock.now += 1
        second.save()
    assert second.wall_seconds() == pytest.approx(SILENT_SECONDS + 40)
    assert second.is_alone


def test_runs_one_after_the_other_add_up(session, clock, stored):
    """What lay between them is nobody's time, whatever the dates say."""
    first = session(on_another_machine())
    first.save()
    clock.now += 10
    first.close()
    clock.now += 5000
    second = session(in_another_container())
    second.save()
    clock.now += 7
    assert second.wall_seconds() == pytest.approx(17.0)
    assert second.is_alone
    assert sum(s["seconds"] for s in sessions(stored.attributes()).values()) == 10.0


def test_who_takes_leave_is_not_at_work(session, stored):
    """Nor is a driver of which nothing has been heard for long."""
    other = session(on_another_machine())
    other.save()
    assert others_may_work(stored)
    assert not others_may_work(stored, lambda: 4e9)
    other.close()
    assert not others_may_work(stored)


def test_the_devices_of_all_who_are_at_work(session):
    """Idle ones as well: what they may begin is looked for as often as they could spend."""
    mine, other = session(Driver.me()), session(on_another_machine())
    assert mine.devices_at_work == 1
    other.save()
    mine.save()
    assert mine.devices_at_work == 2
    other.close()
    mine.save()
    assert mine.devices_at_work == 1


def test_a_heartbeat_is_a_sign_of_life(session, stored):
    """While the driver is busy with something else, its beat goes on rising."""
    mine = session(Driver.me())
    mine.save()

    def beat():
        return sessions(stored.attributes())[Driver.me().owner]["beat"]

    import time

    deadline = time.monotonic() + 30
    with Heartbeat(mine, seconds=0.01):
        while beat() < 5:
            assert time.monotonic() < deadline
    after = beat()
    assert beat() == after
