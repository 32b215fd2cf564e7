"""Observers: what every one of them has to answer to."""

from __future__ import annotations

import inspect

import pytest
from paretune.progress.progress_display import Lines, Screen
from paretune.study.dashboard_note import Publishing
from paretune.study.observer import Observer, Silent

CALLS = ("started", "finished", "tick", "message")


@pytest.mark.parametrize("observer", [Silent, Lines, Screen, Publishing])
def test_an_observer_takes_every_call(observer: type) -> None:
    """With the protocol's own arguments, by position."""
    for call in CALLS:
        wanted = inspect.signature(getattr(Observer, call)).parameters
        assert len(inspect.signature(getattr(observer, call)).parameters) == len(wanted)


def test_a_silent_one_keeps_the_messages() -> None:
    """A test, or a program that shows none, can read them afterwards."""
    silent = Silent()
    silent.message("one")
    silent.message("two")
    assert silent.messages == ["one", "two"]
    assert Silent().messages == []
