"""What the warm parent answers about a configuration before it runs: its stages, what it counts.

Both call the trainable's own code in the one thread that watches the trials: it is given so long,
and what it has not answered then it is not asked again.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from paretune.stages.stage_keys import Origin
from paretune.trainables import Trainable
from paretune.worker.stage_plan import plan
from paretune.worker.trial_output import print_traceback

ANSWER_SECONDS = 10  # whole ones


class Answers:
    """Of one trainable, for one study's data."""

    def __init__(
        self,
        trainable: Trainable | None = None,  # None: it is not known in this process
        data: Mapping[str, Any] | None = None,  # the study's [data] table
    ) -> None:
        self._trainable = trainable
        self._data = data or {}
        self._late: set[str] = set()  # questions that it took too long over

    def plan(self, origin: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        """The stages of a configuration and their keys; None where that is not known."""

        def ask(trainable: Trainable) -> list[dict[str, Any]]:
            return [asdict(stage) for stage in plan(trainable, Origin(**origin), params)]

        return self._answer("stages", ask)

    def count(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What the trainable can count beforehand; None where it cannot."""

        def ask(trainable: Trainable) -> dict[str, float] | None:
            return None if trainable.count is None else dict(trainable.count(params, self._data))

        return self._answer("counts", ask)

    def _answer(self, name: str, ask: Callable[[Trainable], Any]) -> dict[str, Any]:
        """{name: answer}, and whether it took too long."""
        answer = None
        if self._trainable is not None and name not in self._late:
            try:
                with time_limit(ANSWER_SECONDS):
                    answer = ask(self._trainable)
            except TooLate:
                print_traceback()
                self._late.add(name)
            except Exception:  # it is asked for a hint; the trial itself will say what is wrong
                print_traceback()
        return {name: answer, "late": name in self._late}


class TooLate(BaseException):
    """A block has taken too long. (No Exception: the code in it may catch all of these.)"""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TooLate inside the block once it has taken so long; in the main thread only.

    Seconds are counted one by one, so that a process that was frozen meanwhile is not late. A call
    into C that never comes back is beyond its reach.
    """
    ticks = itertools.count(1)

    def tick(*_: Any) -> None:
        if next(ticks) >= seconds:
            raise TooLate

    before = signal.signal(signal.SIGALRM, tick)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)  # again: the last tick may have come just there
        signal.signal(signal.SIGALRM, before)
