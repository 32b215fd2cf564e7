"""Trials that have given their devices back, as a study sees them: with a fake executor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_executor import Law
from fake_study import FakeStudy
from paretune.execute import Place
from paretune.predict.prediction_guard import PredictionGuard
from paretune.study.loop import POLL_SECONDS
from paretune.trial.outcome import Status
from small_study import small_spec

SPACE = '[x]\ntype = "float"\nlow = 0.0\nhigh = 1.0\n'
OBJECTIVES = 'accuracy = "maximize"\ngpu_seconds = "minimize"'


class Watcher:
    """Keeps every state that it is shown, and the messages."""

    def __init__(self) -> None:
        self.states: list[Any] = []
        self.messages: list[str] = []

    def started(self, trial: Any) -> None: ...

    def finished(self, record: Any, state: Any) -> None: ...

    def tick(self, state: Any) -> None:
        self.states.append(state)

    def message(self, text: str) -> None:
        self.messages.append(text)

    def most(self, place: Place) -> int:
        """Of trials that were there at once."""
        return max(sum(t.place is place for t in state.running) for state in self.states)


@pytest.fixture
def study(tmp_path: Path) -> Any:
    def make(law: Law, devices: int = 1, **options: Any) -> FakeStudy:
        spec = small_spec(tmp_path, space=SPACE, objectives=OBJECTIVES, **options)
        made = FakeStudy(spec, lambda params: law, tmp_path / "files", devices)
        made.observer = Watcher()  # type: ignore[assignment]
        return made

    return make


def test_the_next_trial_begins_when_devices_are_free(study: Any) -> None:
    """Two seconds on the device and two behind it: the second trial waits for neither core nor
    report, and what it shows of the first is what it holds.
    """
    made = study(Law(2.0, {"accuracy": 0.5}, rest=2.0), trials=6)
    made.run()
    assert [record.status for record in made.records] == [Status.COMPLETED] * 6
    looks = 6 * 2 * POLL_SECONDS
    assert made.executor.now <= 6 * 2.0 + 2.0 + looks  # 24 seconds one after the other
    assert made.observer.most(Place.CORE) == 1
    for state in made.observer.states:
        held = sum(len(trial.devices) for trial in state.running)
        assert held == state.leased <= 1


def test_what_runs_without_devices_takes_nothing_of_the_budget(study: Any) -> None:
    """All of it buys trials; those that are on cores at its end are told as they end."""
    made = study(Law(2.0, {"accuracy": 0.5}, rest=3.0), trials=100)
    made.run(gpu_seconds=9.0)
    ends = [record.status for record in made.records if record.status is not Status.SKIPPED]
    assert ends.count(Status.COMPLETED) == 4
    assert sum(record.spent.gpu_seconds for record in made.records) <= 9.0


def test_trials_do_not_pile_up_in_line(study: Any) -> None:
    """One core for ten seconds each: devices wait, rather than that hundreds of trials do."""
    made = study(Law(1.0, {"accuracy": 0.5}, rest=10.0), trials=6, devices=2)
    open_loop = made.open()
    made.executor.cores = 1
    open_loop.run()
    assert made.observer.most(Place.CORE) == 1
    assert made.observer.most(Place.LINE) <= 2 + 2  # as many as devices, and what ran meanwhile


def test_a_study_out_of_time_ends_them_too(study: Any) -> None:
    """The budget's wall seconds hold a trial on a core as any other."""
    made = study(Law(0.4, {"accuracy": 0.5}, rest=1e6), trials=100)
    made.run(wall_seconds=1.0)
    over = [record for record in made.records if record.status is Status.OVER_BUDGET]
    assert over
    assert all("1 wall-seconds was spent" in (record.error or "") for record in over)


def test_the_next_trial_is_prepared_where_devices_will_be_free(study: Any) -> None:
    """Once durations are known, the first in line warms up before, beside the trial that ends."""
    made = study(Law(4.0, {"accuracy": 0.5}), trials=8)
    loop = made.open()
    made.executor.ready_seconds = 2.0
    loop.run()
    began = {a.number: i for i, a in enumerate(made.executor.started)}
    assert len(made.executor.prepared) >= 4
    for number, (moment, beside) in made.executor.prepared.items():
        assert began[number] == began[beside] + 1
        assert moment < 4.0 * began[number] + 2 * POLL_SECONDS * began[number]


def test_no_device_waits_while_costs_are_learnt(
    study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that ends on a core is learnt from while the next one trains, not when it has."""
    made = study(Law(2.0, {"accuracy": 0.5}, rest=1.0), trials=8)
    loop = made.open()
    learn, free = PredictionGuard.learn, []

    def seen(*args: Any, **options: Any) -> Any:
        free.append(made.executor.free)
        return learn(*args, **options)

    monkeypatch.setattr(PredictionGuard, "learn", seen)
    loop.run()
    assert len(free) >= 7
    assert not any(free[2:-1])  # but before anything is known, and when all is over
