"""The driver's end of a warm parent (`paretune.worker.warm_parent`): starts and outlives it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paretune.catalog import require_trainable
from paretune.errors import DataError, TrainableError
from paretune.execute.owned_processes import OWNER_VARIABLE, PARENT_VARIABLE, end_owned_processes
from paretune.execute.trial_limits import Deadline
from paretune.stages.stage_keys import Origin, PlannedStage

log = logging.getLogger(__name__)

HUNG_SECONDS = 30  # without an answer: it limits itself to ANSWER_SECONDS, unless a call is stuck
_UNANSWERED = {
    "plan": "the trainable has not told the stages of a configuration in time: nothing is shared "
    "from here on, and trials run all the same (log: %s)",
    "count": "the trainable has not counted a configuration in time: predictions do without from "
    "here on (log: %s)",
}


class WarmClient:
    """One warm parent process. `events` gives what it tells; after its death, a last "gone"."""

    def __init__(
        self,
        trainable: str,
        search_path: str | None,
        data: Mapping[str, Any],
        log: Path,
        *,
        preload: bool = True,
        owner: str = "",
        unanswered: set[str] | None = None,  # questions not to be put: it took too long over them
    ) -> None:
        require_trainable(trainable)
        self.trainable = trainable
        self.log = log
        self._mark = str(uuid.uuid4())
        self._unanswered = set() if unanswered is None else unanswered
        settings = {
            "trainable": trainable,
            "search_path": search_path,
            "data": dict(data),
            "preload": preload,
            "argv": sys.argv,  # a script may read its arguments while it is imported
        }
        environment = {
            # pyarrow, which pandas imports where it is there, begins a thread otherwise, and a
            # process with a thread cannot fork trials.
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
            **os.environ,
            OWNER_VARIABLE: owner,
            PARENT_VARIABLE: self._mark,
            # A log holds whatever a trial prints, in whichever language the driver's terminal is.
            "PYTHONIOENCODING": "utf-8:backslashreplace",
        }
        with _startable(trainable):
            # A killed trial tidies up nothing, and a forked one runs no exit handlers.
            self._scratch = tempfile.TemporaryDirectory(
                prefix="paretune-", ignore_cleanup_errors=True
            )
            self.process, self.channel = self._start(settings, environment)
        self.gone = False
        self._pending = b""
        self._later: list[dict[str, Any]] = []  # events that came while a plan was waited for

    def _start(
        self, settings: Mapping[str, Any], environment: Mapping[str, str]
    ) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """The process, and this end of its channel."""
        ours, theirs = socket.socketpair()
        # A file, since an argument holds 128 KiB at most and a [data] table may be larger.
        file = Path(self._scratch.name) / "settings.json"
        told = {**settings, "scratch": self._scratch.name}
        file.write_text(json.dumps(told), encoding="utf-8")
        command = [
            sys.executable,
            "-P",  # a paretune.py in the current folder is not ours
            "-m",
            "paretune.worker.warm_parent",
            str(theirs.fileno()),
            str(file),
        ]
        with theirs, open(self.log, "ab") as output:
            process = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the driver alone
            )
        return process, ours

    def wait_until_ready(self) -> dict[str, Any]:
        """The "ready" event: import seconds, stages, fork hazard.

        Raises TrainableError if the trainable cannot be imported. However it is left but with that
        event, the process is gone.
        """
        try:
            return self._ready()
        except BaseException:  # Ctrl-C as well: an import may take long
            if not self.gone:
                self.process.kill()  # there is no trial yet that it would have to end
                self.close()
            raise

    def _ready(self) -> dict[str, Any]:
        for event in iter(self._next_event, None):
            if event["event"] == "broken":
                self.close()
                if event["kind"] == DataError.__name__:
                    raise DataError(event["error"])
                raise TrainableError(f"{event['error']} (log: {self.log})")
            if event["event"] == "ready":
                return event
        self.close()
        raise TrainableError(
            f"trainable = {self.trainable!r}: the process that imports it died "
            f"(exit code {self.process.returncode}; log: {self.log})"
        )

    @property
    def was_killed(self) -> bool:
        """Did it die by a signal that comes from outside?"""
        return self.process.poll() in (-signal.SIGKILL, -signal.SIGTERM)

    def start(self, number: int, directory: str) -> None:
        """Fork a process for a trial."""
        self._send({"op": "start", "number": number, "directory": directory})

    def prepare(
        self, number: int, devices: Sequence[str], device_kind: str, seconds: float
    ) -> None:
        """Fork a process for a trial that has no devices yet, to warm up on these.

        If the trial begins before, it waits for that until so many seconds from now.
        """
        order = {"op": "prepare", "number": number, "devices": list(devices)}
        self._send({**order, "device_kind": device_kind, "seconds": seconds})

    def discard(self, number: int) -> None:
        """End a process that was prepared; nothing if its trial has begun in it."""
        self._send({"op": "discard", "number": number})

    def hold(self, number: int, deadline: Deadline) -> None:
        """Have a trial ended at this moment, unless another one is told before."""
        self._send({"op": "hold", "number": number, "deadline": asdict(deadline)})

    def kill(self, number: int) -> None:
        """Kill a trial's process group."""
        self._send({"op": "kill", "number": number})

    def plan(self, origin: Origin, params: Mapping[str, Any]) -> tuple[PlannedStage, ...]:
        """The stages of a configuration and their keys; () where that is not known."""
        stages = self._ask("plan", origin=asdict(origin), params=dict(params)).get("stages")
        return tuple(map(PlannedStage.from_json, stages or ()))

    def count(self, params: Mapping[str, Any]) -> Mapping[str, float] | None:
        """What the trainable can count of a configuration beforehand; None where it cannot."""
        counts: Mapping[str, float] | None = self._ask("count", params=dict(params)).get("counts")
        return counts

    def _ask(self, question: str, **about: Any) -> dict[str, Any]:
        """The answer; {} if the other end is gone, or has taken too long over such a question."""
        if question in self._unanswered:
            return {}
        self._send({"op": question, **about})
        answer = self._answer(question)
        if answer is None or answer.get("late"):
            self._unanswered.add(question)
            log.warning(_UNANSWERED[question], self.log)
        return answer or {}

    def _answer(self, kind: str) -> dict[str, Any] | None:
        """What it says to a question; {} if it is gone, None if it is hung (it is ended then)."""
        looks = 0  # not seconds by the clock: a container may have been frozen meanwhile
        while not self.gone:
            if not self._has_news(1.0):
                looks += 1
                if looks >= HUNG_SECONDS:
                    self.process.kill()  # the trials are run again, by another
                    self._later += self._died()
                    return None
                continue
            received = self._receive()
            for position, event in enumerate(received):
                if event["event"] == kind:
                    self._later += received[position + 1 :]
                    return event
                self._later.append(event)
        return {}

    def events(self, timeout: float) -> Sequence[dict[str, Any]]:
        """What it has told since the last call, waiting at most `timeout` seconds."""
        if self._later:
            later, self._later = self._later, []
            return later
        if self.gone:
            return []
        return self._receive() if self._has_news(timeout) else []

    def close(self) -> None:
        """End it and, with it, every trial it has forked. Returns when all of that is gone."""
        self.channel.close()
        self.gone = True
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # stopped or hung: its trials die with it
            self.process.kill()
            self.process.wait()
        for segment in Path("/dev/shm").glob(f"{Path(self._scratch.name).name}-*"):  # noqa: S108
            segment.unlink(missing_ok=True)  # a warm parent that was killed has removed none
        if self.process.returncode != 0:  # it could not end what its trials had started
            end_owned_processes(PARENT_VARIABLE, self._mark)
        self._scratch.cleanup()

    def _has_news(self, timeout: float) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ)
            return bool(selector.select(timeout))

    def _receive(self) -> list[dict[str, Any]]:
        try:
            received = self.channel.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            return self._died()
        *lines, self._pending = (self._pending + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def _died(self) -> list[dict[str, Any]]:
        """The last event of all, told once, whoever notices first."""
        told, self.gone = self.gone, True
        return [] if told else [{"event": "gone"}]

    def _next_event(self) -> dict[str, Any] | None:
        """The next single event during start-up, when there is one at a time; None at the end."""
        while not self.gone:
            for event in self._receive():
                if event["event"] == "gone":
                    return None
                return event
        return None

    def _send(self, order: dict[str, Any]) -> None:
        try:
            self.channel.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            self._later += self._died()


@contextlib.contextmanager
def _startable(trainable: str) -> Iterator[None]:
    """A machine without processes, memory or room to give, as an error of the user's world."""
    try:
        yield
    except OSError as error:
        raise TrainableError(
            f"trainable = {trainable!r}: the process that is to import it cannot be started "
            f"({error}); free processes, memory or disk space, and the same command goes on"
        ) from error
