"""The CPU meter against processes that do a known thing."""

import os
import subprocess
import sys
import time

import pytest
from paretune.measure import cpu_meter
from paretune.measure.cpu_meter import CpuMeter, core_seconds, descendants


@pytest.fixture
def child():
    """A child that does what it is told: a line of Python at a time, answered by a line."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-c",
            "import sys\nheld = []\nfor line in sys.stdin:\n    exec(line)\n    print('done')",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def do(line):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    do("pass")
    process.do = do  # type: ignore[attr-defined]
    yield process
    process.kill()
    process.communicate()


def test_cpu_seconds_of_another_process(child):
    """The CPU time of a process is seen from outside."""
    meter = CpuMeter(child.pid, None)
    before = meter.snapshot()
    child.do("import time; exec('while time.process_time() < 0.4: pass')")
    used = meter.snapshot().cpu_seconds - before.cpu_seconds
    assert 0.25 <= used <= 0.6


def test_memory_rises_and_peak_can_be_reset(child):
    """The peak follows what is allocated, above the start; a reset begins it anew."""
    meter = CpuMeter(child.pid, None)
    child.do("held.append(bytearray(64 * 2**20)); held[0][::4096] = b'x' * len(held[0][::4096])")
    assert 60 <= meter.snapshot().host_peak_mib <= 80
    assert 60 <= meter.allocated_mib() <= 80
    child.do("held.clear()")
    meter.reset_peaks()
    assert meter.snapshot().host_peak_mib < 20


def test_own_process_counts_children():
    """CPU time of children, waited for or alive, is the tree's."""
    meter = CpuMeter(os.getpid(), None)
    before = meter.snapshot()
    subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True
    )
    assert meter.snapshot().cpu_seconds - before.cpu_seconds >= 0.28


def test_gone_process_is_unknown():
    """A process that has ended has no counters: None, not zero."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    snapshot = CpuMeter(process.pid, [0]).snapshot()
    assert snapshot.cpu_seconds is None
    assert snapshot.foreign_seconds is None
    assert snapshot.host_peak_mib is None


def test_foreign_time_is_what_others_ran(child):
    """A stranger busy on the leased core is counted as foreign; the trial's own time is not."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(child.pid, {core})
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        meters = {pid: CpuMeter(pid, [core]) for pid in (sleeper.pid, child.pid)}
        start = {pid: meter.snapshot() for pid, meter in meters.items()}
        child.do("import time; exec('while time.process_time() < 0.5: pass')")
        foreign = {
            pid: meter.snapshot().foreign_seconds - start[pid].foreign_seconds
            for pid, meter in meters.items()
        }
    finally:
        sleeper.communicate(b"\n")
    assert foreign[sleeper.pid] >= 0.3
    assert foreign[sleeper.pid] - foreign[child.pid] == pytest.approx(0.5, abs=0.2)


def test_strangers_are_no_process_of_the_study(child, monkeypatch):
    """What the study's own processes run is no disturbance; what anyone else runs is, on whatever
    core.
    """
    busy = 100.0
    monkeypatch.setattr(cpu_meter, "core_seconds", lambda cores: busy)
    meter = CpuMeter(child.pid, [0])
    assert meter.family == os.getpid()
    before = meter.snapshot()
    child.do("import time; exec('while time.process_time() < 0.5: pass')")
    busy += 3.0  # of it, half a second of the child's
    spent = meter.snapshot().stranger_seconds - before.stranger_seconds
    assert spent * os.cpu_count() == pytest.approx(2.5, abs=0.2)


def test_core_seconds_never_run_back():
    """The busy time of all cores grows."""
    cores = sorted(os.sched_getaffinity(0))
    first = core_seconds(cores)
    while time.process_time() < 0.1:
        pass
    assert core_seconds(cores) >= first
    assert core_seconds([10_000]) is None


def test_descendants_include_grandchildren():
    """The whole tree below a process is found."""
    script = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', "
        "'import sys; sys.stdin.read()'], stdin=subprocess.PIPE); "
        "print(p.pid, flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    grandchild = int(child.stdout.readline())
    assert grandchild in descendants(child.pid)
    assert {child.pid, grandchild} <= set(descendants(os.getpid()))
    child.communicate("")
