"""The driver's end of a warm parent: how it begins, answers, and is outlived."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paretune.errors import MissingExtraError, TrainableError
from paretune.execute import warm_client
from paretune.execute.warm_client import WarmClient
from paretune.stages.stage_keys import Origin

TESTS = Path(__file__).parents[1]
Start = Callable[[str], WarmClient]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(name of a trainable) -> a client; all are closed at the end."""
    made = []

    def start(name: str) -> WarmClient:
        made.append(WarmClient(name, str(TESTS), {}, tmp_path / "worker.log"))
        return made[-1]

    yield start
    for client in made:
        client.close()


def test_a_parent_that_is_killed_is_gone_once(start: Start) -> None:
    """Questions to it are answered as unknown, its death is told once, and nobody hangs."""
    client = start("faulty:well_behaved")
    ready = client.wait_until_ready()
    assert ready["version"]
    (stage,) = client.plan(Origin("t", "1", "d", 0, "cpu-core"), {"x": 1})
    assert (stage.name, stage.stored) == ("train", False)
    assert client.count({"x": 1}) is None
    assert not client.was_killed
    os.kill(client.process.pid, signal.SIGKILL)
    client.process.wait()
    assert client.plan(Origin.nowhere(), {}) == ()
    assert client.count({}) is None
    assert client.events(1.0) == [{"event": "gone"}]
    assert client.events(1.0) == []
    assert client.was_killed


def test_closing_ends_it_and_its_files(start: Start) -> None:
    """It ends by itself, with its temporary folder; nothing had to be killed."""
    client = start("faulty:well_behaved")
    client.wait_until_ready()
    scratch = Path(client._scratch.name)
    assert scratch.is_dir()
    client.close()
    assert client.process.returncode == 0
    assert not scratch.exists()
    assert client.events(0.0) == []


def test_interrupted_while_it_imports(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during an import, which may take long: the process is gone, and its files."""
    client = start("faulty:well_behaved")
    scratch = Path(client._scratch.name)

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "_next_event", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.wait_until_ready()
    assert client.process.returncode == -signal.SIGKILL
    assert not scratch.exists()


def test_a_machine_without_processes_to_give(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what is wanting, and what to do."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(warm_client.subprocess, "Popen", refuse)
    with pytest.raises(TrainableError, match=r"cannot be started .*unavailable.*free processes"):
        start("faulty:well_behaved")


def test_a_trainable_that_cannot_be_imported(start: Start, tmp_path: Path) -> None:
    """The reason is told, and where the log is, with the traceback."""
    with pytest.raises(TrainableError, match=r"has no 'nobody'.*log: .*worker\.log"):
        start("faulty:nobody").wait_until_ready()
    assert "Traceback" in (tmp_path / "worker.log").read_text()


def test_a_missing_framework_is_told_before_anything_starts(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it; no process is made."""

    def missing(name: str) -> None:
        raise MissingExtraError('pip install "paretune[keras]"')

    monkeypatch.setattr(warm_client, "require_trainable", missing)
    monkeypatch.setattr(warm_client.subprocess, "Popen", lambda *a, **k: pytest.fail("started"))
    with pytest.raises(MissingExtraError, match="keras"):
        start("cnn")


def test_a_package_that_begins_a_thread_of_its_own_does_not_keep_trials_from_being_forked(
    start: Start,
) -> None:
    """pyarrow's allocator does, wherever it is installed: pandas imports it."""
    pytest.importorskip("pyarrow")
    ready = start("reads_arrow:train").wait_until_ready()
    assert ready["fork_hazard"] is None
