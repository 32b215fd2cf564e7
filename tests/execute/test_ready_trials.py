"""Processes that warm up before their trials have devices, on GPUs that are stand-ins."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.executor import alive
from fake_gpus import BURNT, patch_nvml, process_of
from gpu_machine import Machine
from paretune.execute.ready_trials import FIRST_SECONDS, ReadyTrials
from paretune.execute.trial_run import TrialRun, read_exit
from paretune.trial.outcome import Outcome, Status


def test_a_process_is_claimed_on_its_devices_only() -> None:
    """Where the trial begins elsewhere, or the process is overdue, it has none; nor has it two."""
    ready = ReadyTrials()
    assert ready.prepare(1, ("GPU-a",)) == []
    assert ready.prepare(2, ("GPU-a",)) == [1]  # one a device: their memory adds up
    assert ready.claim(2, ("GPU-a",)) is None
    for number, claimed_on in ((3, "GPU-a"), (4, "GPU-b")):
        ready.prepare(number, ("GPU-a",))
        ready.hear({"event": "preparing", "number": number, "pid": os.getpid()})
        ready.hear({"event": "ready_process", "number": number, "seconds": 4, "cpu_seconds": 3})
        claimed = ready.claim(number, (claimed_on,))
        assert (claimed is not None) == (claimed_on == "GPU-a")
        assert ready.claim(number, ("GPU-a",)) is None
    assert ready.seconds == 6.0


class WarmMachine(Machine):
    """Trials are held until the test lets them train; warming leaves its pid."""

    def __init__(self, folder: Path, warming: str) -> None:
        self.marks = folder / "marks"
        self.marks.mkdir()
        super().__init__(folder, "warm", marks=str(self.marks), warming=warming)

    def warming(self) -> list[int]:
        return [int(mark.name) for mark in self.marks.iterdir()]

    def prepare(self, number: int, beside: int, *, wait: bool = True) -> int:
        """Have a process prepared; returns its pid once it is ready, or at work."""
        before = set(self.warming())
        self.executor.prepare(number, beside)
        trials = self.executor._ready._trials
        self.poll_until(lambda: set(self.warming()) > before)
        if wait:
            self.poll_until(lambda: number not in trials or trials[number].warming is not None)
        (pid,) = set(self.warming()) - before
        return pid

    def train(self, folder: Path) -> None:
        (folder / "trained").touch()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    patch_nvml(monkeypatch.setattr)
    made = WarmMachine(tmp_path, getattr(request, "param", "well"))
    yield made
    made.executor.close()
    assert not any(map(alive, made.warming()))


def finish(machine: WarmMachine, *folders: Path) -> dict[int, Outcome]:
    for folder in folders:
        machine.train(folder)
    return machine.run_all()


def test_a_trial_begins_in_a_process_that_is_warm(machine: WarmMachine) -> None:
    """It warmed up on the devices of the trial before, while that trained; it has held no lease
    for it, and its bill says what it took: CPU time, and no GPU-seconds.
    """
    assert machine.executor.ready_seconds == FIRST_SECONDS
    first = machine.start(1, gpu_count=1, wait=True)
    pid = machine.prepare(2, beside=1)
    assert machine.executor.running == [1]
    assert machine.executor.free == 1
    machine.executor.prepare(2, beside=1)  # told again
    ends = finish(machine, first)
    second = machine.start(2, gpu_count=1, accuracy=0.5)
    ends = machine.run_all()
    assert process_of(second, "trained-by") == pid
    assert (ends[2].status, ends[2].notes["warm"]) == (Status.COMPLETED, "GPU-a")
    warming, start = ends[2].phases["warm_up"], ends[2].phases["start"]
    assert (warming.gpu_seconds, warming.energy_j) == (0, 0)
    assert warming.cpu_seconds is not None
    assert warming.core_seconds == warming.cpu_seconds >= BURNT * 0.9
    assert start.cpu_seconds is not None
    assert start.cpu_seconds < BURNT  # its counters had run before the lease
    assert "warm_up" not in ends[1].phases
    assert ends[1].spent.gpu_seconds == sum(p.gpu_seconds for p in ends[1].phases.values())
    assert (second / "log.txt").exists()
    assert len(machine.warming()) == 1


def test_devices_that_are_warm_are_preferred(machine: WarmMachine) -> None:
    """With both free the trial begins where its process is; on two devices it is a fresh one."""
    folders = [machine.start(number, gpu_count=1, wait=True) for number in (1, 2)]
    pids = [machine.prepare(3, beside=2), machine.prepare(4, beside=1)]
    finish(machine, *folders)
    third = machine.start(3, gpu_count=1, accuracy=0.4)
    machine.run_all()
    fourth = machine.start(4, gpu_count=2, accuracy=0.3)
    ends = machine.run_all()
    assert (third / "trained-by").read_text() == f"{pids[0]} GPU-b"
    assert process_of(fourth, "trained-by") not in pids
    assert ends[4].notes["warm"] == ""
    assert "warm_up" not in ends[4].phases
    machine.poll_until(lambda: not alive(pids[1]))


@pytest.mark.parametrize("machine", ["fails", "hangs"], indirect=True)
def test_warming_that_fails_or_hangs_costs_only_itself(machine: WarmMachine) -> None:
    """The trial beside it goes on, and the one that it was for is forked like any other."""
    first = machine.start(1, wait=True)
    machine.executor._ready.seconds = 2.0
    pid = machine.prepare(2, beside=1, wait=False)
    machine.train(first)
    machine.run_all()
    second = machine.start(2, accuracy=0.5)  # before it is overdue
    ends = machine.run_all()
    assert [ends[n].status for n in (1, 2)] == [Status.COMPLETED] * 2
    assert ends[2].attempts == 1
    assert process_of(second, "trained-by") != pid
    assert "train" in ends[2].phases
    machine.poll_until(lambda: not alive(pid))


def test_a_trial_may_begin_before_its_process_is_warm(machine: WarmMachine) -> None:
    """What is left of the warming is the trial's own time; what was before is none of it."""
    first = machine.start(1, wait=True)
    (machine.marks / "slow").touch()
    machine.executor.prepare(2, beside=1)
    machine.poll_until(lambda: any(mark.name != "slow" for mark in machine.marks.iterdir()))
    machine.train(first)
    machine.run_all()
    second = machine.start(2, accuracy=0.5)
    (machine.marks / "slow").unlink()
    ends = machine.run_all()
    assert (ends[2].status, ends[2].attempts) == (Status.COMPLETED, 1)
    assert ends[2].notes["warm"] == "GPU-a,GPU-b"
    assert process_of(second, "trained-by") in machine.warming()
    assert ends[2].phases["warm_up"].gpu_seconds == 0


def killed(machine: WarmMachine, beside: Path, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    machine.poll_until(lambda: 2 not in machine.executor._ready)


def trial_killed(machine: WarmMachine, beside: Path, pid: int) -> None:
    trained = process_of(beside, "trained-by")
    os.kill(trained, signal.SIGKILL)
    machine.poll_until(lambda: process_of(beside, "trained-by") != trained)


@pytest.mark.parametrize(
    ("kill", "is_warm", "attempts"), [(killed, False, 1), (trial_killed, True, 2)]
)
def test_a_kill_ends_one_of_them(
    machine: WarmMachine, kill: Callable[..., None], is_warm: bool, attempts: int
) -> None:
    """A killed warming leaves the trial beside it alone, and the other way round."""
    first = machine.start(1, wait=True)
    pid = machine.prepare(2, beside=1)
    machine.poll_until((first / "trained-by").exists)
    kill(machine, first, pid)
    machine.train(first)
    machine.run_all()
    second = machine.start(2, accuracy=0.5)
    ends = machine.run_all()
    assert (ends[1].status, ends[1].attempts) == (Status.COMPLETED, attempts)
    assert (ends[2].status, ends[2].attempts) == (Status.COMPLETED, 1)
    assert (process_of(second, "trained-by") == pid) == is_warm


def test_a_warming_ends_with_the_driver(machine: WarmMachine) -> None:
    """When the driver's end of the channel closes nothing is left, warm or not."""
    first = machine.start(1, wait=True)
    pid = machine.prepare(2, beside=1)
    parent = machine.executor._parent
    parent.channel.close()
    parent.process.wait(timeout=30)
    assert not alive(pid)
    assert not alive(process_of(first, "trained-by"))
    parent.gone = True


def test_a_killed_warm_parent_takes_it_along(machine: WarmMachine) -> None:
    """The trial that it was for begins in a process of the new one."""
    first = machine.start(1, wait=True)
    pid = machine.prepare(2, beside=1)
    machine.poll_until((first / "trained-by").exists)
    os.kill(machine.executor._parent.process.pid, signal.SIGKILL)
    machine.poll_until(lambda: 2 not in machine.executor._ready)
    machine.train(first)
    machine.run_all()
    machine.start(2, accuracy=0.5)
    ends = machine.run_all()
    assert (ends[2].status, ends[2].attempts) == (Status.COMPLETED, 1)
    assert not alive(pid)


def test_a_dead_drivers_bill_has_the_warming(machine: WarmMachine) -> None:
    """The trial's folder tells of it, as of every other phase."""
    first = machine.start(1, wait=True)
    machine.prepare(2, beside=1)
    finish(machine, first)
    second = machine.start(2, wait=True, accuracy=0.5)
    machine.poll_until((second / "trained-by").exists)
    (finished,) = machine.executor.close()
    run = TrialRun.resume(second)
    end = read_exit(second)
    assert run is not None
    assert end is not None
    assert run.finish(end).phases["warm_up"] == finished.outcome.phases["warm_up"]
