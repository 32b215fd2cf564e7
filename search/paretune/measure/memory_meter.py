"""What a process tree has allocated: anonymous and shared memory, and its peak (Linux).

The pages of files that a process maps (its libraries above all) are left out. They are the page
cache's, can be taken back at any time, and how many of them a process happens to have mapped
depends on what the machine has run before: the same training in another session would differ by
a fifth.

The kernel keeps the peak of all resident pages (VmHWM) and none of the anonymous ones. Notation,
between two looks 1 and 2 at a process:

    r     the peak of all resident pages, since the last reset; it has risen from r1 to r2
    f, a  pages of files, and anonymous ones, resident at a look
    p     the peak of the anonymous ones in between

Files are mapped and rarely unmapped, so that f1 <= f <= f2 all the while, and r2 - f2 <= p <=
r2 - f1. The lower end is taken: what is mapped is mapped early (code runs for the first time), and
the peak of a training comes again and again. Where r has not risen, neither has the peak.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resident:
    """The resident pages of one process, in MiB."""

    allocated: float  # anonymous and shared memory
    files: float
    peak: float  # of both together, since the last reset


class MemoryMeter:
    """The memory of one process and of those that it has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._last = resident(pid)
        self.baseline_mib = 0.0 if self._last is None else self._last.allocated
        self._peak = self.baseline_mib

    def now_mib(self, children: Iterable[int] = ()) -> float | None:
        """Allocated now, above the start, by the whole tree; None if it is gone."""
        found = self._look()
        return None if found is None else self._above_start(found.allocated, children)

    def peak_mib(self, children: Iterable[int] = ()) -> float | None:
        """The most since the last reset, with what `children` have now; None if it is gone.

        Every call is a look: the more of them, the closer is the peak.
        """
        found = self._look()
        return None if found is None else self._above_start(self._peak, children)

    def reset(self) -> None:
        """Begin the peak anew."""
        # 5 resets VmHWM; refused for foreign processes and in some sandboxes, where the
        # peak then is the highest since the start.
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")
            found = self._last = resident(self.pid)
            self._peak = 0.0 if found is None else found.allocated

    def _look(self) -> Resident | None:
        found, last = resident(self.pid), self._last
        if found is None:
            return None
        self._peak = max(self._peak, found.allocated)
        if last is not None and found.peak > last.peak:
            self._peak = max(self._peak, found.peak - max(found.files, last.files))
        self._last = found
        return found

    def _above_start(self, own: float, children: Iterable[int]) -> float:
        return max(own - self.baseline_mib, 0.0) + sum(map(private_mib, children))


def resident(pid: int) -> Resident | None:
    """What is resident of a process; None if it is gone, or a zombie."""
    fields = _fields(Path(f"/proc/{pid}/status"))
    if "VmRSS" not in fields:
        return None
    anonymous = fields.get("RssAnon")
    if anonymous is None:  # a sandbox that does not tell them apart
        return Resident(fields["VmRSS"], 0.0, fields.get("VmHWM", fields["VmRSS"]))
    allocated = anonymous + fields.get("RssShmem", 0.0)
    return Resident(allocated, fields.get("RssFile", 0.0), fields["VmHWM"])


def private_mib(pid: int) -> float:
    """What one process alone has allocated: a fork shares most of its memory with its parent.

    0 if it is gone.
    """
    private = _fields(Path(f"/proc/{pid}/smaps_rollup")).get("Private_Dirty")
    if private is not None:
        return private
    found = resident(pid)
    return 0.0 if found is None else found.allocated


def _fields(file: Path) -> dict[str, float]:
    """The fields of a file of /proc that are in kB, in MiB; {} if it cannot be read."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            found[name] = int(value.split()[0]) / 1024
    return found
