"""What is answered of a configuration before it runs, and that no answer is waited for for ever."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict
from typing import Any

import pytest
from paretune.stages.stage_keys import Origin
from paretune.trainables import Stage, Trainable
from paretune.worker import answers
from paretune.worker.answers import Answers, TooLate, time_limit

ORIGIN = asdict(Origin("t", "1", "d", 0, "cpu-core"))


def hang(*_: Any) -> Any:
    """In Python code that catches every Exception."""
    while True:
        try:
            signal.pause()
        except Exception:
            continue


def test_a_hung_question_is_put_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after its time and not asked again; other questions are answered still."""
    monkeypatch.setattr(answers, "ANSWER_SECONDS", 1)
    train = Stage("train", lambda params, context: {}, when=hang)
    asked = Answers(Trainable("t", (train,), count=lambda params, data: {"parameters": 3.0}))
    assert asked.plan(ORIGIN, {}) == {"stages": None, "late": True}
    began = time.process_time()
    assert asked.plan(ORIGIN, {}) == {"stages": None, "late": True}
    assert time.process_time() - began < 1.0
    assert asked.count({}) == {"counts": {"parameters": 3.0}, "late": False}


def test_a_limit_leaves_nothing_behind() -> None:
    """Neither a timer nor a handler, whether the block was in time or not."""
    handler = signal.getsignal(signal.SIGALRM)
    with time_limit(1):
        pass
    with pytest.raises(TooLate), time_limit(1):
        hang()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is handler


def test_a_leap_of_the_clock_is_no_lateness() -> None:
    """A process that was frozen hears one tick of its timer, however long it was."""
    with time_limit(3):
        signal.raise_signal(signal.SIGALRM)
        signal.raise_signal(signal.SIGALRM)
