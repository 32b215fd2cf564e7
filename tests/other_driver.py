"""Drivers that are not this process: one that lives, one that is dead, one that cannot be seen."""

from dataclasses import replace
from pathlib import Path

from paretune.study.drivers.driver import Driver


def driver_of(pid: int) -> Driver:
    """The driver that a living process would be."""
    about = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return replace(Driver.me(), pid=pid, ticks=int(about[19]))


def dead_driver() -> Driver:
    """One whose pid has another process now."""
    me = Driver.me()
    return replace(me, ticks=me.ticks - 1)


def in_another_container() -> Driver:
    """Of the same kernel, but with pids of its own; this process's pid by chance."""
    me = Driver.me()
    return replace(me, namespace=me.namespace + 1, ticks=me.ticks - 1)


def on_another_machine() -> Driver:
    """Of another kernel, whatever its host is called."""
    return replace(Driver.me(), boot="0" * 36, ticks=1)
