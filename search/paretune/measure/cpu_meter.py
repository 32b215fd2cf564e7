"""Counters of a process tree and of the CPU cores it leases, from /proc (Linux).

What others ran on the leased cores is the cores' busy ticks less the CPU time of the trial's own
tree, plus steal. How long the trial's threads were kept waiting is the scheduler's run delay.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from paretune.measure import Snapshot
from paretune.measure.memory_meter import MemoryMeter

_TICKS = os.sysconf("SC_CLK_TCK")
_ALL_CORES = range(os.cpu_count() or 1)
_HAS_CHILDREN_FILES = Path(f"/proc/self/task/{os.getpid()}/children").exists()


class CpuMeter:
    """Reads one trial's CPU time, memory and, for leased cores, the strangers' share."""

    def __init__(
        self,
        pid: int,
        cores: Sequence[int] | None,  # None: the devices are not CPU cores
    ) -> None:
        self.pid = pid
        self.cores = cores
        self.memory = MemoryMeter(pid)  # above what the trial began with
        self.family = _parent_of(pid)  # all trials of the study are forked from one process
        self.descendants: set[psutil.Process] = set()
        self._own = pid == os.getpid()

    def snapshot(self) -> Snapshot:
        children = self._children()
        cpu = self._cpu_seconds(children)
        busy = None if self.cores is None else core_seconds(self.cores)
        foreign = None if busy is None or cpu is None else busy - cpu
        peak = self.memory.peak_mib(children)
        return Snapshot(
            seconds=time.monotonic(),
            cpu_seconds=cpu,
            foreign_seconds=foreign,
            stranger_seconds=None if foreign is None else self._stranger_seconds(),
            delay_seconds=None if busy is None else self._delay_seconds(children),
            device_peaks_mib=None if self.cores is None or peak is None else (peak,),
            host_peak_mib=peak,
        )

    def reset_peaks(self) -> None:
        self.memory.reset()

    def allocated_mib(self) -> float | None:
        """Memory of the whole tree now, above the start; None if it is gone."""
        return self.memory.now_mib(self._children())

    def _children(self) -> list[int]:
        children = descendants(self.pid)
        known = {child.pid for child in self.descendants}
        for pid in children:
            if pid not in known:
                with contextlib.suppress(psutil.Error):  # it is gone again
                    self.descendants.add(psutil.Process(pid))
        return children

    def _cpu_seconds(self, children: Iterable[int]) -> float | None:
        if self._own:  # finer than the ticks of /proc
            times = os.times()
            own = time.process_time() + times.children_user + times.children_system
        else:
            ticks = _stat_ticks(self.pid)
            if ticks is None:
                return None
            own = ticks
        return own + sum(_stat_ticks(child) or 0.0 for child in children)

    def _stranger_seconds(self) -> float | None:
        if self.family is None:
            return None
        busy = core_seconds(_ALL_CORES)
        ours = sum(_stat_ticks(pid) or 0.0 for pid in (self.family, *descendants(self.family)))
        return None if busy is None else (busy - ours) / len(_ALL_CORES)

    def _delay_seconds(self, children: Iterable[int]) -> float | None:
        delays = [delay for pid in (self.pid, *children) for delay in _run_delays(pid)]
        return sum(delays) if delays else None


def core_seconds(cores: Iterable[int]) -> float | None:
    """Seconds that these cores have been busy or stolen since boot, summed; None if unreadable."""
    wanted = {f"cpu{core}" for core in cores}
    total, seen = 0, 0
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        name, *ticks = line.split()
        if name in wanted:
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            total += user + nice + system + irq + softirq + steal
            seen += 1
    return total / _TICKS if seen == len(wanted) else None


def descendants(pid: int) -> list[int]:
    """The children of a process, theirs, and so on; [] if it is gone."""
    found: list[int] = []
    pending = [pid]
    while pending:
        parent = pending.pop()
        for thread in _entries(f"/proc/{parent}/task"):
            try:
                text = Path(f"/proc/{parent}/task/{thread}/children").read_text(encoding="ascii")
            except OSError:  # a kernel without these files, or a thread that ended just now
                if not _HAS_CHILDREN_FILES:
                    return _descendants_by_scan(pid)
                continue
            children = [int(child) for child in text.split()]
            found += children
            pending += children
    return found


def _stat_ticks(pid: int) -> float | None:
    """User + system seconds of a process and its waited-for children."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name may hold blanks and brackets
    return sum(map(int, fields[11:15])) / _TICKS


def _parent_of(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.Error:
        return None


def _run_delays(pid: int) -> list[float]:
    """Per live thread: seconds it was ready to run and another one did."""
    delays = []
    for thread in _entries(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # ended, or not told
            text = Path(f"/proc/{pid}/task/{thread}/schedstat").read_text(encoding="ascii")
            delays.append(int(text.split()[1]) / 1e9)
    return delays


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _descendants_by_scan(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
