"""A driver is known by what no clock and no other container can confuse."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from other_driver import dead_driver, driver_of, in_another_container, on_another_machine
from paretune.execute.owned_processes import OWNER_VARIABLE
from paretune.study.drivers.driver import Driver, end_processes_of


def test_this_process_lives_and_is_known_by_name():
    """A name leads back to the driver."""
    me = Driver.me()
    assert me.lives() is True
    assert me.is_here
    assert Driver.named(me.owner) == me
    assert me == driver_of(os.getpid())


def test_a_pid_that_is_used_again_is_another_driver():
    """The start, in ticks since the kernel's, tells two processes of one pid apart."""
    assert dead_driver().lives() is False


def test_a_step_of_the_wall_clock_changes_nothing(monkeypatch):
    """psutil derives a process's start from the boot's date, which a step of the clock moves."""
    me = Driver.me()
    monkeypatch.setattr("psutil.Process.create_time", lambda self: 0.0)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert me.lives() is True
    assert Driver.me() == me


@pytest.mark.parametrize("other", [in_another_container, on_another_machine])
def test_what_cannot_be_seen_is_not_known(other):
    """A pid of another container or machine says nothing here: no answer, and no signal."""
    assert other().lives() is None
    assert not other().is_here


def test_a_process_that_has_ended_but_not_been_waited_for_is_dead():
    """A zombie runs no study."""
    process = subprocess.Popen(["sleep", "100"])
    driver = driver_of(process.pid)
    assert driver.lives() is True
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert driver.lives() is False
    process.wait()


def test_only_a_dead_drivers_processes_are_ended():
    """Of one that lives, or cannot be seen, nothing is killed."""
    process = subprocess.Popen(["sleep", "100"])

    def left_by(driver):
        # Python first: `sleep` alone would show the environment of before.
        code = "import signal; print(flush=True); signal.pause()"
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, OWNER_VARIABLE: driver.owner},
            stdout=subprocess.PIPE,
        )
        child.stdout.readline()
        return child

    try:
        for driver in (driver_of(process.pid), in_another_container(), on_another_machine()):
            with left_by(driver) as child:
                assert end_processes_of(driver) == 0
                assert child.poll() is None
                child.kill()
        with left_by(dead_driver()) as child:
            assert end_processes_of(dead_driver()) == 1
            assert child.wait() == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()
