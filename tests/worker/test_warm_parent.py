"""Orders to a warm parent and what it answers; here it lives in the test's own process."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from paretune.errors import TrainableError
from paretune.measure.devices import Device
from paretune.stages.stage_keys import Origin
from paretune.trainables import Stage, Trainable
from paretune.trial.job import Job
from paretune.worker import warm_parent
from paretune.worker.answers import Answers
from paretune.worker.forked_process import FORK_PAUSES
from paretune.worker.warm_parent import WarmParent

ORIGIN = asdict(Origin("t", "1", "d", 0, "cpu-core"))


def counted(params: Any, data: Any) -> dict[str, float]:
    return {"parameters": 100.0 * params["width"], "examples": data["examples"]}


TRAINABLE = Trainable(
    "t",
    (
        Stage("train", lambda params, context: {}, ("width",)),
        Stage("prune", lambda params, context: {}, when=lambda params: params["sparsity"] > 0),
    ),
    count=counted,
)


class Conversation:
    """A warm parent, and the driver's end of its socket."""

    def __init__(self, scratch: Path) -> None:
        self.driver, ours = socket.socketpair()
        self.driver.setblocking(False)
        self.parent = WarmParent(ours, scratch)
        self.parent.answers = Answers(TRAINABLE, {"examples": 5})

    def ask(self, **order: Any) -> list[dict[str, Any]]:
        """What it says to an order."""
        self.parent.obey(order)
        try:
            received = self.driver.recv(65536)
        except BlockingIOError:
            return []
        return [json.loads(line) for line in received.splitlines()]


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    made = Conversation(tmp_path)
    yield made
    made.driver.close()
    made.parent.channel.close()


def job_in(folder: Path) -> None:
    """A trial's folder, ready for its process."""
    job = Job(number=1, trainable="t:t", params={}, directory=str(folder), seed=0)
    job.on([Device("cpu:0", "cpu-core")]).write()


def test_it_tells_the_stages_of_a_configuration(conversation: Conversation) -> None:
    """Those that apply, with their keys; a configuration it cannot plan has none."""
    params = {"width": 2, "sparsity": 0.5}
    (answer,) = conversation.ask(op="plan", origin=ORIGIN, params=params)
    assert answer["event"] == "plan"
    assert [stage["name"] for stage in answer["stages"]] == ["train", "prune"]
    (answer,) = conversation.ask(op="plan", origin=ORIGIN, params={"width": 2})
    assert answer == {"event": "plan", "stages": None, "late": False}


def test_it_tells_what_the_trainable_counts(conversation: Conversation) -> None:
    """From the configuration and the study's data; nothing where counting fails."""
    (answer,) = conversation.ask(op="count", params={"width": 2})
    counts = {"parameters": 200.0, "examples": 5}
    assert answer == {"event": "count", "counts": counts, "late": False}
    (answer,) = conversation.ask(op="count", params={})
    assert answer == {"event": "count", "counts": None, "late": False}


def test_without_a_trainable_it_knows_neither(conversation: Conversation) -> None:
    """Where each trial imports for itself, nothing is known here, and that is an answer."""
    conversation.parent.answers = Answers()
    (answer,) = conversation.ask(op="plan", origin=ORIGIN, params={})
    assert answer["stages"] is None
    (answer,) = conversation.ask(op="count", params={})
    assert answer["counts"] is None


def test_an_order_for_a_trial_that_has_ended_does_nothing(conversation: Conversation) -> None:
    """It may have ended while the order was under way."""
    deadline = {"seconds": 1.0, "status": "timed_out", "reason": "late"}
    assert conversation.ask(op="kill", number=4) == []
    assert conversation.ask(op="hold", number=4, deadline=deadline) == []
    conversation.parent.hold_limits()
    assert conversation.parent.until_next_look() is None


def test_where_a_thread_runs_no_trial_is_forked(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It says so instead: the fork would copy locks that nobody releases."""
    job_in(tmp_path)
    monkeypatch.setattr(warm_parent, "thread_hazard", lambda: "a thread of mine")
    (answer,) = conversation.ask(op="start", number=1, directory=str(tmp_path))
    assert answer == {"event": "unforkable", "reason": "a thread of mine"}
    assert conversation.parent.pids == {}


def test_without_a_process_to_give_a_trial_is_not_started(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reason is told after a few attempts; so it is where the trial's folder is gone."""
    attempts: list[float] = []

    def no_process() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    job_in(tmp_path)
    monkeypatch.setattr(warm_parent, "thread_hazard", lambda: None)
    monkeypatch.setattr(os, "fork", no_process)
    monkeypatch.setattr(time, "sleep", attempts.append)
    (answer,) = conversation.ask(op="start", number=1, directory=str(tmp_path))
    assert (answer["event"], answer["number"]) == ("unstarted", 1)
    assert "temporarily unavailable" in answer["reason"]
    assert attempts == list(FORK_PAUSES)
    (answer,) = conversation.ask(op="start", number=2, directory=str(tmp_path / "gone"))
    assert answer["event"] == "unstarted"
    assert conversation.parent.pids == {}


def test_warming_up_imports_and_prepares(
    conversation: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows the code's version and the data's fingerprint; what forking forbids it lets go."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "warm_of_mine.py").write_text(
        "from paretune.trainables import Stage, Trainable\n"
        "def train(params, context):\n    return {}\n"
        "def prepare(data):\n    return f'{data[\"source\"]} as it is'\n"
        "trainable = Trainable('t', (Stage('train', train),), prepare=prepare)\n"
    )
    settings = {
        "trainable": "warm_of_mine:trainable",
        "search_path": str(tmp_path),
        "data": {"source": "digits"},
    }
    monkeypatch.setattr(warm_parent, "fork_hazard", lambda: None)
    about = conversation.parent.warm_up(settings)
    assert about["data"] == "digits as it is"
    assert about["version"]
    assert conversation.parent.trainable is not None
    assert conversation.parent.trainable.name == "t"
    monkeypatch.setattr(warm_parent, "fork_hazard", lambda: "threads at import")
    assert conversation.parent.warm_up(settings)["fork_hazard"] == "threads at import"
    assert conversation.parent.trainable is None
    with pytest.raises(TrainableError, match="has no 'nothing'"):
        conversation.parent.warm_up({**settings, "trainable": "warm_of_mine:nothing"})
