"""Studies run from Python: whole, resumed, shared, interrupted, refused."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import fit
import optuna
import paretune as pt
import pytest
from paretune.errors import DeviceError, SpecError, StudyError, StudyHalted
from paretune.study.observer import Silent
from paretune.study.storage.load_study import load_study

SPACE = {"lr": pt.Float(0.01, 1.0, log=True), "hidden": pt.Choice(4, 16)}
OBJECTIVES = {"accuracy": "maximize", "weights": "minimize"}


def study(trials: int = 3, **changes: Any) -> pt.Study:
    arguments: dict[str, Any] = {
        "name": "mine",
        "trainable": fit.train,
        "space": SPACE,
        "objectives": OBJECTIVES,
        "budget": pt.Budget(trials=trials),
        "seed": 0,
    }
    return pt.Study(**{**arguments, **changes})


@pytest.fixture
def run(storage_url: str) -> Any:
    def run(*arguments: Any, **changes: Any) -> pt.Result:
        progress = changes.pop("progress", False)
        chosen = study(*arguments, **changes)
        return chosen.run(devices=1, storage=storage_url, progress=progress)

    return run


def test_a_study_runs_and_goes_on(run: Any, storage_url: str) -> None:
    """To its budget; once more with a larger one; and the command line finds it."""
    first = run(3)
    assert (first.finished, first.interrupted) == ({"completed": 3}, False)
    assert first.reason == "all 3 trials of the budget have been run"
    assert first.device_kind == "cpu-core"
    assert run(4).finished == {"completed": 4}
    stored = load_study("mine", storage_url)
    assert stored.spec.trainable == "fit:train"
    assert [r.params for r in pt.load("mine", storage=storage_url).trials] == [
        r.params for r in stored.records
    ]


def test_any_sampler_and_stopper_instance(run: Any) -> None:
    """Optuna's own samplers and an object with `should_stop` do; both are asked."""

    class Watching(optuna.samplers.RandomSampler):
        asked = 0

        def sample_independent(self, *arguments: Any) -> Any:
            self.asked += 1
            return super().sample_independent(*arguments)

    class Patient:
        def should_stop(self, view: Any, progress: Any) -> None:
            return None

    sampler = Watching(seed=0)
    assert run(2, sampler=sampler, stopper=Patient()).finished == {"completed": 2}
    assert sampler.asked == 4


def test_progress_goes_to_an_observer(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """An observer of the program's own is told everything; with False nothing is printed."""
    observer = Silent()
    run(1, progress=observer)
    run(2, progress=observer)
    assert "study mine goes on" in observer.messages[0]
    assert capsys.readouterr().out == ""
    run(3, progress=True)
    assert "trial 2 completed: accuracy" in capsys.readouterr().out


def test_ctrl_c_returns_what_was_found(run: Any) -> None:
    """As on the command line: the trial that runs is marked, and nothing is raised."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    result = run(
        5,
        trainable=fit.interrupts,
        train={"driver": os.getpid()},
        objectives={"accuracy": "maximize"},
    )
    signal.signal(signal.SIGINT, before)
    assert result.interrupted
    assert result.finished == {"completed": 1, "interrupted": 1}
    assert len(result.front) == 1


def test_a_study_of_that_name_with_another_space(run: Any) -> None:
    """What earlier trials may lie outside of is refused by name; nothing that is there is lost."""
    run(2)
    with pytest.raises(StudyError, match=r"'mine'.*hidden is 4 \(was one of 4, 16\)"):
        run(2, space={**SPACE, "hidden": pt.Choice(4)})
    with pytest.raises(StudyError, match="objectives cannot change"):
        run(2, objectives={"accuracy": "maximize"})
    with pytest.raises(StudyError, match="trainable cannot change"):
        run(2, trainable=fit.broken)
    assert run(2).finished == {"completed": 2}


def test_a_study_that_only_fails_is_halted(run: Any) -> None:
    """With the common reason and the log, as an exception."""
    with pytest.raises(StudyHalted, match=r"failed alike: RuntimeError: no such file \(log: "):
        run(20, trainable=fit.broken)


@pytest.mark.parametrize("devices", [0, 99, [0, 0], [], [99], True, "x"])
def test_devices_that_are_not_there(storage_url: str, devices: Any) -> None:
    """A count beyond the machine, positions twice or of none: told with what there is."""
    with pytest.raises(DeviceError, match="devices "):
        study().run(devices=devices, storage=storage_url, progress=False)


def test_prediction_learns_from_trials(run: Any, storage_url: str) -> None:
    """Before any trial it is a guess, afterwards it is learned; parameters are checked."""
    assert study().predict({"hidden": 16}, storage=storage_url).basis == "guessed"
    run(5)
    prediction = study().predict({"hidden": 16}, storage=storage_url)
    assert prediction.basis == "learned"
    estimate = prediction.figures["gpu_seconds"]
    assert 0 < estimate.low <= estimate.median <= estimate.high
    with pytest.raises(SpecError, match="did you mean hidden"):
        study().predict({"hiden": 16}, storage=storage_url)


def test_study_files_run_as_well(tmp_path: Path, storage_url: str) -> None:
    """`from_file` takes overrides by key or as texts, a path or a bundled name."""
    loaded = pt.Study.from_file("digits", {"budget.trials": 5, "train.epochs": 2})
    assert (loaded.spec.budget.trials, loaded.spec.train["epochs"]) == (5, 2)
    assert pt.Study.from_file("digits", ["budget.trials=6"]).spec.budget.trials == 6
    with pytest.raises(SpecError, match=r"budget.trials is 0"):
        pt.Study.from_file("digits", {"budget.trials": 0})
    with pytest.raises(SpecError, match="did you mean digits"):
        pt.Study.from_file("digts")


def test_two_runs_at_once_share_a_study(storage_url: str) -> None:
    """While one runs it another may join, from another thread or program: its trials are left
    alone, and the budget is that of both together."""
    results: list[pt.Result] = []

    def drive(position: int) -> None:
        shared = study(8, trainable=fit.slow, stopper="none", sampler="random")
        results.append(shared.run(devices=[position], storage=storage_url, progress=False))

    drivers = [threading.Thread(target=drive, args=(i,)) for i in range(min(2, cores()))]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    assert len(results) == len(drivers)
    found = pt.load("mine", storage=storage_url)
    assert set(found.finished) == {"completed"}
    assert 8 <= found.finished["completed"] <= 9  # both may take the last one


def cores() -> int:
    return len(os.sched_getaffinity(0))
