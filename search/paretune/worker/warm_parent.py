"""The warm parent: imports what the trials need once, then forks a process for each of them.

    python -m paretune.worker.warm_parent SOCKET_FD SETTINGS_FILE

Lines of JSON in: {"op": "start", "number", "directory"}, {"op": "kill", "number"},
{"op": "hold", "number", "deadline"}, {"op": "plan", "origin", "params"}, {"op": "count", "params"}.
Lines of JSON out: {"event": "ready" | "broken" | "started" | "unforkable" | "unstarted" |
"exited" | "plan" | "count", ...}.

It lives as long as the socket: when the driver is gone, however it went, every trial is killed and
its end recorded in its folder. When the warm parent itself is killed, the kernel ends the trials.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Container
from functools import partial
from pathlib import Path
from typing import Any

from paretune.catalog import TRAINABLES
from paretune.errors import SearchError
from paretune.measure import Snapshot
from paretune.reimport import mark_worker
from paretune.trainables import Trainable
from paretune.trial.files import EXIT, LOG, write_json
from paretune.trial.job import Assignment
from paretune.worker.answers import Answers
from paretune.worker.find_trainable import load_trainable
from paretune.worker.fork_hazard import fork_hazard, thread_hazard
from paretune.worker.forked_process import (
    become,
    clear,
    fork,
    keep_to_itself,
    kill_group,
    lead_group,
)
from paretune.worker.process_control import adopt_orphans
from paretune.worker.ready_process import ReadyProcess, live
from paretune.worker.settled_heap import settle_heap
from paretune.worker.steady_malloc import steady_malloc
from paretune.worker.trial_output import print_traceback, redirect
from paretune.worker.trial_watch import TrialWatch, Verdict


class WarmParent:
    """Forks, reaps and kills. Single-threaded: a fork copies only the thread that calls it."""

    def __init__(self, channel: socket.socket, scratch: Path) -> None:
        self.channel = channel
        self.scratch = scratch  # of temporary files: a folder a trial, gone with it
        self.trainable: Trainable | None = None  # None: each trial imports for itself
        self.data: dict[str, Any] = {}  # the study's [data] table
        self.answers = Answers()
        self.pids: dict[int, int] = {}  # trial number -> pid, which is the group's id as well
        self.directories: dict[int, str] = {}
        self.watches: dict[int, TrialWatch] = {}
        self.verdicts: dict[int, Verdict] = {}  # of trials that were ended here, at a limit
        self.strangers: dict[int, Snapshot | None] = {}  # of these, for their bill
        self.ready: dict[int, ReadyProcess] = {}  # of trials that have not begun
        self.leaving: dict[int, str] = {}  # by pid: discarded, not yet reaped; their labels
        self.labels: dict[int, str] = {}  # of trials' temporary files
        self.selector = selectors.DefaultSelector()

    def warm_up(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Import the trainable and its framework, and have it prepare its data.

        Raises TrainableError or DataError.
        """
        name = settings["trainable"]
        for module in TRAINABLES[name].preload if name in TRAINABLES else ():
            importlib.import_module(module)
        trainable = load_trainable(name, settings["search_path"])
        if trainable.prepare is None:
            data = json.dumps(settings["data"], sort_keys=True)
        else:
            data = trainable.prepare(settings["data"])
        hazard = fork_hazard()
        self.trainable = None if hazard else trainable
        self.data = settings["data"]
        self.answers = Answers(self.trainable, self.data)
        return {
            "version": trainable.version,
            "data": data,
            "fork_hazard": hazard,
            "warms_up": trainable.warm_up is not None,
        }

    def serve(self) -> None:
        """Until the driver closes its end."""
        wakeup_read, wakeup_write = socket.socketpair()
        wakeup_read.setblocking(False)
        wakeup_write.setblocking(False)
        signal.set_wakeup_fd(wakeup_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.channel, selectors.EVENT_READ)
        self.selector.register(wakeup_read, selectors.EVENT_READ)
        pending = b""
        while True:
            ready = {key.fileobj for key, _ in self.selector.select(self.until_next_look())}
            self.hear_ready(ready)
            if wakeup_read in ready:
                wakeup_read.recv(4096)
            self.reap()
            if self.channel in ready:
                received = self.channel.recv(65536)
                if not received:
                    break
                *lines, pending = (pending + received).split(b"\n")
                for line in lines:
                    self.obey(json.loads(line))
            self.hold_limits()
        for number in list(self.ready):
            self.discard(number)
        for number in list(self.pids):
            self.kill(number)
        while self.pids:
            self.reap(block=True)
        self.end_orphans()
        shutil.rmtree(self.scratch, ignore_errors=True)  # the driver may have died before us

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out one line from the driver."""
        if order["op"] == "start":
            self.start_or_say_why(order["number"], order["directory"])
        elif order["op"] == "kill":
            self.kill(order["number"])
        elif order["op"] == "prepare":
            with contextlib.suppress(OSError):  # no process to give: its trial may yet have one
                kind, seconds = order["device_kind"], order["seconds"]
                self.prepare(order["number"], order["devices"], kind, seconds)
        elif order["op"] == "discard":
            self.discard(order["number"])
        elif order["op"] == "hold" and order["number"] in self.watches:
            self.watches[order["number"]].hold(order["deadline"])
        elif order["op"] == "plan":
            self.tell(event="plan", **self.answers.plan(order["origin"], order["params"]))
        elif order["op"] == "count":
            self.tell(event="count", **self.answers.count(order["params"]))

    def start_or_say_why(self, number: int, directory: str) -> None:
        """As `start`; a trial that cannot have a process is told as one."""
        try:
            self.start(number, directory)
        except OSError as error:
            self.discard(number)
            self.tell(event="unstarted", number=number, reason=str(error))

    def start(self, number: int, directory: str) -> None:
        """Fork the trial's process; it leads a process group of its own.

        Raises OSError where that cannot be had, or the trial's folder is gone.
        """
        assignment = Assignment.read(directory)
        ready = self.ready.get(number)
        if ready is not None and ready.begin(directory):
            if ready.is_warm:
                self._no_longer_ready(number)
            self._started(number, ready.pid, assignment, _ready_label(number))
            return
        self.discard(number)
        hazard = thread_hazard()
        if hazard is not None:  # begun since the import: by what `plan` or `count` has called
            self.tell(event="unforkable", reason=hazard)
            return
        parent = os.getpid()
        pid = fork()
        if pid == 0:
            become(parent, self.channel, lambda: self._run_trial(number, directory))
        lead_group(pid)  # both sides do it: a kill that comes at once must find the group
        self._started(number, pid, assignment, str(number))

    def _started(self, number: int, pid: int, assignment: Assignment, label: str) -> None:
        self.pids[number], self.labels[number] = pid, label
        self.directories[number] = assignment.directory
        self.watches[number] = TrialWatch(pid, assignment, time.monotonic())
        self.tell(event="started", number=number, pid=pid)

    # Processes that are ready before their trials have devices

    def prepare(self, number: int, devices: list[str], device_kind: str, seconds: float) -> None:
        """Fork a process that warms up for a trial; nothing where the trainable cannot."""
        if self.trainable is None or number in self.ready or thread_hazard() is not None:
            return
        parent, (ours, theirs) = os.getpid(), socket.socketpair()
        pid = fork()
        if pid == 0:
            warm_up = partial(self._warm_up, theirs, number, devices, device_kind)
            become(parent, self.channel, warm_up)
        lead_group(pid)
        theirs.close()
        self.ready[number] = ReadyProcess(pid, ours, due=time.monotonic() + seconds)
        self.selector.register(ours, selectors.EVENT_READ)
        self.tell(event="preparing", number=number, pid=pid)

    def hear_ready(self, channels: Container[Any]) -> None:
        """Tell the driver which processes are ready, and end those that will not be."""
        for number, process in list(self.ready.items()):
            if process.channel not in channels:
                continue
            told = process.ready_after()
            if told is None:
                self.give_up(number)
                continue
            self.tell(event="ready_process", number=number, **told)
            if process.directory is not None:
                self._no_longer_ready(number)

    def discard(self, number: int) -> None:
        """End a process that is not wanted any more; nothing where there is none."""
        process = self._no_longer_ready(number)
        if process is not None:
            kill_group(process.pid)
            self.leaving[process.pid] = _ready_label(number)
            self.tell(event="unready", number=number)

    def give_up(self, number: int) -> None:
        """End a process that will not be warm; a trial that waits for it begins in another one."""
        directory = self.ready[number].directory
        self.discard(number)
        if directory is not None:
            for known in (self.pids, self.labels, self.directories, self.watches):
                known.pop(number, None)
            self.start_or_say_why(number, directory)

    def _no_longer_ready(self, number: int) -> ReadyProcess | None:
        process = self.ready.pop(number, None)
        if process is not None:
            self.selector.unregister(process.channel)
            process.channel.close()
        return process

    def kill(self, number: int) -> None:
        """End a trial and its process group; a trial that has ended already is left alone."""
        if number in self.pids:
            self._no_longer_ready(number)  # else another process would begin the trial
            kill_group(self.pids[number])

    def until_next_look(self) -> float | None:
        """Seconds until a trial's limits are to be looked at; None: nothing runs."""
        looks = [watch.next_look for watch in self.watches.values()]
        looks += [p.due for p in self.ready.values() if p.directory is not None]
        moment = min(looks, default=math.inf)
        return None if moment == math.inf else max(moment - time.monotonic(), 0.0)

    def hold_limits(self) -> None:
        """End the trials that are over a limit, whatever the driver does meanwhile."""
        now = time.monotonic()
        for number in [number for number, p in self.ready.items() if p.is_overdue(now)]:
            self.give_up(number)
        for number, watch in list(self.watches.items()):
            verdict = watch.broken(now) if watch.next_look <= now else None
            if verdict is not None:
                self.verdicts[number] = verdict
                self.strangers[number] = watch.last
                del self.watches[number]
                self.kill(number)

    def reap(self, *, block: bool = False) -> None:
        """Collect every child that has ended, and end what it has left running."""
        flags = os.WEXITED | os.WNOWAIT | (0 if block else os.WNOHANG)
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, flags)
            except ChildProcessError:
                return
            if ended is None:
                return
            # The group first: until its leader is waited for, the id cannot be anyone else's.
            for number, process in list(self.ready.items()):
                if process.pid == ended.si_pid:
                    self.give_up(number)
            if ended.si_pid in self.leaving:
                clear(self.scratch, self.leaving.pop(ended.si_pid))
            numbers = [number for number, pid in self.pids.items() if pid == ended.si_pid]
            if numbers:
                kill_group(ended.si_pid)
            _, status, usage = os.wait4(ended.si_pid, 0)
            for number in numbers:
                self._ended(number, status, usage)
                if not self.pids:
                    self.end_orphans()
            if block:
                return

    def end_orphans(self) -> None:
        """Kill grandchildren that left their group. Only while no trial runs: whose they are is
        not to be seen once their parent is gone.
        """
        ready = [process.pid for process in self.ready.values()]
        for pid in set(_children_of(os.getpid())).difference(ready, self.leaving):
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:  # gone, or of another user by now
                continue

    def tell(self, **event: Any) -> None:
        """One line to the driver; if it is gone, the closed channel ends `serve`."""
        with contextlib.suppress(OSError):
            self.channel.sendall(json.dumps(event).encode() + b"\n")

    def _ended(self, number: int, status: int, usage: resource.struct_rusage) -> None:
        del self.pids[number]
        self.watches.pop(number, None)
        last = self.strangers.pop(number, None)
        record = {
            "code": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "seconds": time.monotonic(),
            "verdict": self.verdicts.pop(number, None),
            "foreign_seconds": None if last is None else last.foreign_seconds,
            "delay_seconds": None if last is None else last.delay_seconds,
        }
        try:
            write_json(Path(self.directories.pop(number)) / EXIT, record)
        except OSError:
            print_traceback()  # a full disk: the driver is told all the same
        clear(self.scratch, self.labels.pop(number))
        self.tell(event="exited", number=number, **record)

    def _run_trial(self, number: int, directory: str) -> None:
        redirect(Path(directory) / LOG)
        keep_to_itself(self.scratch, str(number))
        from paretune.worker.trial_process import run_assignment

        run_assignment(directory, self.trainable)

    def _warm_up(self, channel: socket.socket, number: int, *devices: Any) -> None:
        if self.trainable is not None and self.trainable.warm_up is not None:
            keep_to_itself(self.scratch, _ready_label(number))
            live(channel, self.trainable, self.data, *devices)


def _ready_label(number: int) -> str:
    return f"ready{number}"


def _children_of(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


def main() -> None:
    """The warm parent's life: import, say so, serve."""
    steady_malloc()
    mark_worker()
    settings = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    channel = socket.socket(fileno=int(sys.argv[1]))
    sys.argv = settings["argv"]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    adopt_orphans()
    server = WarmParent(channel, Path(settings["scratch"]))
    start = time.monotonic()
    about: dict[str, Any] = {"version": "", "data": "", "fork_hazard": None, "warms_up": False}
    if settings["preload"]:
        try:
            about = server.warm_up(settings)
        except SearchError as error:  # told to the user, who can mend it
            print_traceback()
            server.tell(event="broken", error=str(error), kind=type(error).__name__)
            return
    import psutil  # noqa: F401  # imported before the forks, which all need it

    from paretune.worker.trial_process import thread_pools

    thread_pools()
    settle_heap()
    server.tell(event="ready", seconds=time.monotonic() - start, **about)
    server.serve()


if __name__ == "__main__":
    main()
