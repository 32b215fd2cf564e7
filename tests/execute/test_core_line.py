"""Stages that need no device, on a machine of GPUs: leases, processes and bills of the executor.

The GPUs are stand-ins of the driver's library; everything else is real.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from contracts.executor import PATIENCE, alive, outcomes
from fake_gpus import BURNT, patch_nvml, process_of
from gpu_machine import Machine
from paretune.execute import Place
from paretune.execute.core_line import CoreLine
from paretune.execute.local_executor import LocalExecutor
from paretune.execute.trial_run import TrialRun, read_exit
from paretune.measure.bill import Exit
from paretune.measure.devices import CPU_KIND, Device, cpu_cores
from paretune.trial.job import Assignment, Job, Limits
from paretune.trial.outcome import Status

TESTS = str(Path(__file__).parent.parent)


def test_a_core_is_one_trials_and_the_line_is_in_order() -> None:
    """No more trials have a core than there are cores; whoever leaves makes room for the next."""
    line = CoreLine([Device("cpu:0", CPU_KIND)])
    for number in (3, 1, 2):
        line.join(number)
    assert line.next() == (3, (Device("cpu:0", CPU_KIND),))
    assert line.next() is None
    line.leave(1)  # killed while it waited
    line.leave(3)
    assert line.next() == (2, (Device("cpu:0", CPU_KIND),))
    assert line.waiting == ()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    patch_nvml(monkeypatch.setattr)
    made = Machine(tmp_path)
    yield made
    made.executor.close()


def test_devices_are_free_while_the_rest_runs_on_a_core(machine) -> None:
    """The next trial trains on the GPUs while the one before it is compressed by another process,
    which sees no GPU, is bound to one core, and finds only what the store or its folder holds.
    """
    first = machine.start(1, hold=True)
    machine.poll_until((first / "compressed-by").exists)
    assert machine.executor.free == 2
    assert machine.executor.running == [1]
    second = machine.start(2, accuracy=0.5)
    machine.poll_until(lambda: 2 in outcomes(machine.happened))
    assert 1 not in outcomes(machine.happened)
    (first / "compressed").touch()
    one = machine.run_all()[1]
    assert one.status is Status.COMPLETED, one.error
    assert one.metrics == {"accuracy": 0.75, "parameters": 7.0}
    assert one.notes == {"live": False, "gpus": "", "warm": ""}
    pid, devices, cores = (first / "compressed-by").read_text().split()
    assert pid != str(process_of(first, "trained-by"))
    assert f"[{devices.removeprefix('cpu:')}]" == cores
    assert (second / "trained-by").read_text().split()[1] == "GPU-a,GPU-b"
    assert machine.executor.free == 2


def test_what_ran_on_a_core_is_billed_as_core_seconds(machine) -> None:
    """GPU-seconds are those of the lease; the rest has its core-seconds and CPU time, and no
    GPU memory or energy. A product in the store keeps its bill, and the time in line is nobody's.
    """
    machine.start(1)
    one = machine.run_all()[1]
    assert {"start", "train", "compress", "evaluate"} <= one.phases.keys()
    compress = one.phases["compress"]
    assert (compress.gpu_seconds, compress.energy_j, compress.peak_memory_mib) == (0, 0, None)
    assert compress.core_seconds >= BURNT * 0.9
    assert compress.cpu_seconds >= BURNT * 0.9
    assert one.phases["train"].core_seconds == 0
    assert one.phases["train"].gpu_seconds > 0
    assert one.cost.gpu_seconds == one.phases["train"].gpu_seconds
    assert one.cost.core_seconds == compress.core_seconds
    machine.start(2)
    two = machine.run_all()[2]
    assert two.reused["compress"] == compress
    assert "compress" not in two.phases
    assert two.spent.core_seconds < one.spent.core_seconds


def test_no_more_of_them_than_cores(machine) -> None:
    """Whoever finds no free core waits in line, without a process; its place tells so."""
    cores = len(cpu_cores())
    folders = [machine.start(0, hold=True)]
    for number in range(1, cores + 1):
        machine.poll_until(lambda: machine.executor.free == 2)
        folders.append(machine.start(number, hold=True, accuracy=0.1 * number))
    machine.poll_until(lambda: list(machine.places().values()).count(Place.LINE) == 1)
    machine.poll_until(lambda: list(machine.places().values()).count(Place.CORE) == cores)
    assert not (folders[-1] / "compressed-by").exists()
    machine.executor.kill(cores, Status.TIMED_OUT, "enough")  # it has no process to be killed
    for folder in folders:
        (folder / "compressed").touch()
    ends = machine.run_all()
    assert ends[cores].status is Status.TIMED_OUT
    assert ends[cores].spent.gpu_seconds > 0
    assert [ends[n].status for n in range(cores)] == [Status.COMPLETED] * cores


def test_a_killed_process_on_a_core_is_run_again_alone(machine) -> None:
    """What had the GPUs is not run again, and is billed once; what the killed one paid is lost."""
    folder = machine.start(1, wait=True)
    (folder / "kill-me").touch()
    (folder / "trained").touch()
    one = machine.run_all()[1]
    assert (one.status, one.attempts) == (Status.COMPLETED, 2), one.error
    assert one.lost.gpu_seconds == 0
    assert one.lost.core_seconds > 0
    assert one.cost.core_seconds == one.phases["compress"].core_seconds
    assert one.spent.gpu_seconds == sum(phase.gpu_seconds for phase in one.phases.values())


@pytest.mark.parametrize("limit", ["wall_seconds", "report_seconds"])
def test_limits_hold_on_a_core(machine, limit) -> None:
    """A stage that hangs there is ended like any other, and the trial keeps its bill."""
    machine.start(1, hold=True, limits=Limits(**{limit: 1.5}))
    one = machine.run_all()[1]
    assert one.status is Status.TIMED_OUT
    assert limit in one.error
    assert one.phases["compress"].core_seconds > 0


def test_a_failure_on_a_core_is_the_trials(machine) -> None:
    """Its reason and its whole bill are told."""
    machine.start(1, broken=True)
    one = machine.run_all()[1]
    assert (one.status, one.error) == (Status.FAILED, "ValueError: no such format")
    assert one.spent.gpu_seconds > 0
    assert one.spent.core_seconds > 0


def test_a_killed_warm_parent_costs_what_ran_only(machine) -> None:
    """The trial on a core is run again from there; its training is not."""
    folder = machine.start(1, hold=True)
    machine.poll_until((folder / "compressed-by").exists)
    trained = process_of(folder, "trained-by")
    compressing = process_of(folder, "compressed-by")
    os.kill(machine.executor._parent.process.pid, signal.SIGKILL)
    machine.poll_until(lambda: process_of(folder, "compressed-by") != compressing)
    (folder / "compressed").touch()
    one = machine.run_all()[1]
    assert (one.status, one.attempts) == (Status.COMPLETED, 2)
    assert process_of(folder, "trained-by") == trained
    assert not alive(compressing)


def test_a_dead_driver_leaves_the_whole_bill(machine) -> None:
    """While a trial is compressed its folder tells what both of its processes have paid."""
    folder = machine.start(1, hold=True)
    machine.poll_until((folder / "compressed-by").exists)
    machine.poll_until(lambda: machine.happened[-1].spent.core_seconds > 0)
    machine.executor._runs[1].run.save_meter()
    seen = machine.happened[-1].spent
    (finished,) = machine.executor.close()
    left = TrialRun.resume(folder).finish(read_exit(folder))
    assert left.status is Status.INTERRUPTED
    assert left.phases == finished.outcome.phases
    assert left.spent.core_seconds >= seen.core_seconds
    assert left.spent.gpu_seconds == seen.gpu_seconds


def test_a_driver_that_dies_between_the_two_leaves_an_interrupted_trial(machine) -> None:
    """The GPUs' part had ended well: that is no failure, and its bill is there."""
    folder = machine.start(1, wait=True)
    machine.poll_until((folder / "trained-by").exists)
    (folder / "trained").touch()  # and from here on nobody looks
    deadline = time.monotonic() + PATIENCE
    while read_exit(folder) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run = TrialRun.resume(folder)
    assert isinstance(run, TrialRun)
    left = run.finish(read_exit(folder) or Exit(-9, 0.0))
    assert left.status is Status.INTERRUPTED
    assert left.phases["train"].gpu_seconds > 0


def test_cores_that_are_devices_are_kept(tmp_path) -> None:
    """Where devices are CPU cores one process runs the whole chain, on its lease."""
    executor = LocalExecutor(cpu_cores()[:1], "fake_gpus:chain", TESTS, tmp_path / "log")
    folder = tmp_path / "1"
    job = Job(
        number=1, trainable="t:t", params={}, directory=str(folder), seed=0, search_path=TESTS
    )
    try:
        executor.start(job, 1)
        happened: list[Any] = []
        while executor.running:
            happened += executor.poll(0.05)
    finally:
        executor.close()
    one = outcomes(happened)[1]
    assert one.status is Status.COMPLETED, one.error
    assert one.notes["live"]
    assert one.phases["compress"].gpu_seconds >= BURNT * 0.9
    assert one.spent.core_seconds == 0
    assert process_of(folder, "trained-by") == process_of(folder, "compressed-by")
    assert not json.loads((folder / "assignment.json").read_text())["handed_over"]
    assert Assignment.read(folder).device_kind == CPU_KIND
