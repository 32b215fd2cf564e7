"""What a process has allocated is told apart from the pages of files that it has mapped."""

import mmap
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import memory_meter
from paretune.measure.memory_meter import MemoryMeter, Resident, private_mib, resident

MIB = 2**20


def touch(buffer):
    buffer[:: mmap.PAGESIZE] = b"x" * len(buffer[:: mmap.PAGESIZE])


def test_pages_of_files_are_not_counted(tmp_path):
    """A mapped file that has been read is resident and is no memory of the training's."""
    path = tmp_path / "library"
    path.write_bytes(b"x" * 64 * MIB)
    meter = MemoryMeter(os.getpid())
    before = resident(os.getpid())
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        sum(mapped[:: mmap.PAGESIZE])
        after = resident(os.getpid())
        assert after.files - before.files > 60
        assert meter.peak_mib() < 8


def test_shared_memory_is_counted():
    """What is allocated to be shared is allocated all the same."""
    meter = MemoryMeter(os.getpid())
    with mmap.mmap(-1, 64 * MIB) as shared:
        touch(shared)
        assert meter.now_mib() > 60


def test_peak_between_two_looks_is_known():
    """The kernel has kept it, though nobody looked while it lasted."""
    meter = MemoryMeter(os.getpid())
    meter.reset()  # the tests before may have come higher
    block = bytearray(96 * MIB)
    touch(block)
    del block
    assert meter.now_mib() < 48
    assert meter.peak_mib() > 90
    meter.reset()
    assert meter.peak_mib() < 48


def test_what_a_fork_shares_is_counted_once():
    """A child that was forked has little of its own, however much its parent holds."""
    held = bytearray(64 * MIB)
    touch(held)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(read, 1)
        os._exit(0)
    try:
        assert private_mib(child) < 32
    finally:
        os.write(write, b"x")
        os.waitpid(child, 0)


def test_gone_process_has_no_memory():
    """None for the process itself, nothing for a child: it may end at any time."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert resident(process.pid) is None
    assert private_mib(process.pid) == 0.0
    assert MemoryMeter(process.pid).peak_mib() is None


def test_without_a_split_all_resident_pages_count(monkeypatch):
    """A sandbox whose kernel does not tell files apart still shows a memory."""
    fields = {"VmRSS": 100.0, "VmHWM": 120.0}
    monkeypatch.setattr(memory_meter, "_fields", lambda file: fields)
    assert resident(1) == Resident(100.0, 0.0, 120.0)


# Anonymous pages and newly mapped pages of files, a moment after the other; looked at or not.
moments = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20), st.booleans()), min_size=1)


@given(moments)
def test_peak_is_bounded_from_both_sides(replay_moments):
    """It is at least what was seen and at most what was there; what it misses is what was mapped
    between two looks.
    """
    files, highest, truth, seen = 0.0, 0.0, 0.0, 0.0
    looks, mapped, widest = [Resident(0.0, 0.0, 0.0)], 0.0, 0.0
    for anonymous, grown, looked in replay_moments:
        files, mapped = files + grown, mapped + grown
        highest, truth = max(highest, anonymous + files), max(truth, float(anonymous))
        if looked:
            seen = max(seen, float(anonymous))
            looks.append(Resident(float(anonymous), files, highest))
            widest, mapped = max(widest, mapped), 0.0
    looks.append(Resident(0.0, files, highest))
    widest = max(widest, mapped)
    with pytest.MonkeyPatch.context() as patch:
        feed = iter(looks)
        patch.setattr(memory_meter, "resident", lambda pid: next(feed))
        meter = MemoryMeter(1)
        peak = [meter.peak_mib() for _ in looks[1:]][-1]
    assert max(seen, truth - widest) <= peak <= truth
