"""A whole study on a machine of GPUs: real processes, leases and bills, on cards that are not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.executor import PATIENCE, alive
from fake_gpus import GPUS, patch_nvml, process_of
from paretune.execute import Place
from paretune.spec.study_spec import StudySpec
from paretune.study import run_study as runs
from paretune.study.observer import Silent, StudyState
from paretune.study.spending.stored_costs import ledger_of
from paretune.study.storage.load_study import load_study
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord
from small_study import TESTS, write_study

SPACE = '[accuracy]\ntype = "float"\nlow = 0.0\nhigh = 1.0\n'
OBJECTIVES = 'accuracy = "maximize"\ngpu_seconds = "minimize"'
TRIALS = 8


class Watcher(Silent):
    """Keeps every state that it is shown."""

    states: list[StudyState]

    def tick(self, state: StudyState) -> None:
        self.states.append(state)


class GpuStudy:
    """Its files, and runs of it here and in a process of its own."""

    def __init__(self, folder: Path, trials: int, train: str) -> None:
        self.url = f"sqlite:///{folder}/studies.db"
        self.marks = folder / "marks"
        study = folder / "study"
        for made in (self.marks, study):
            made.mkdir()
        for name in ("fake_gpus.py", "fake_nvml.py"):
            (study / name).symlink_to(TESTS / name)
        data = f'[data]\nmarks = "{self.marks}"\nwarming = "well"\n'
        self.file = write_study(
            study,
            space=SPACE,
            objectives=OBJECTIVES,
            trials=trials,
            more=f"{data}[train]\n{train}\n",
        )

    def run(self, observer: Silent) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patch_nvml(patched.setattr)
            patched.setattr(runs, "discover", lambda: GPUS[:1])
            spec = StudySpec.load(str(self.file))
            changed = replace(spec, trainable="fake_gpus:warm")
            runs.run_study(changed, storage_url=self.url, observer=observer)

    def begin_elsewhere(self) -> subprocess.Popen[bytes]:
        """The driver is another process."""
        script = (
            "import sys; from pathlib import Path; from test_gpu_study import GpuStudy, Silent\n"
            "study = GpuStudy.__new__(GpuStudy)\n"
            "study.file, study.url = Path(sys.argv[1]), sys.argv[2]\n"
            "study.run(Silent())"
        )
        paths = os.pathsep.join([str(TESTS), str(Path(__file__).parent)])
        return subprocess.Popen(
            [sys.executable, "-c", script, str(self.file), self.url],
            env={**os.environ, "PYTHONPATH": paths},
        )

    @property
    def records(self) -> list[TrialRecord]:
        return list(load_study("small", self.url).records)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The states of a study while it ran, what is stored of it, and what warmings left."""
    study = GpuStudy(tmp_path_factory.mktemp("gpus"), TRIALS, "pause = 1.0")
    watcher = Watcher()
    watcher.states = []
    study.run(watcher)
    return watcher.states, load_study("small", study.url), study.marks


def test_every_trial_is_compressed_beside_the_next(watched: Any) -> None:
    """One GPU is never leased twice, and another trial trains while one is on a core."""
    states, study, _ = watched
    assert [record.status for record in study.records] == [Status.COMPLETED] * TRIALS
    both = 0
    for state in states:
        places = [trial.place for trial in state.running]
        assert places.count(Place.DEVICES) == state.leased <= 1
        both += Place.DEVICES in places and Place.CORE in places
    assert both > 0


def test_processes_are_ready_once_durations_are_known(watched: Any) -> None:
    """They warmed up beside others; whoever began in one has that in its bill, not in its cost."""
    _, study, marks = watched
    warm = [record for record in study.records if "warm_up" in record.phases]
    assert len(warm) >= TRIALS / 2
    assert len(list(marks.iterdir())) >= len(warm)
    for record in warm:
        assert record.phases["warm_up"].gpu_seconds == 0
        assert record.cost.gpu_seconds == record.phases["train"].gpu_seconds


def test_the_ledger_has_both_sums(watched: Any) -> None:
    """GPU-seconds of leases, core-seconds of everything beside them, each once."""
    _, study, _ = watched
    ledger = ledger_of(study)
    cores = sum(cost.core_seconds for r in study.records for cost in r.phases.values())
    assert ledger.core_seconds == pytest.approx(cores)
    assert ledger.gpu_seconds == pytest.approx(sum(ledger.by_phase.values()))
    assert ledger.by_phase["compress"] == 0


@pytest.mark.faults
def test_a_killed_driver_loses_nothing(tmp_path: Path) -> None:
    """One trial is compressed, the next one trains, a process warms up or waits: all of them end
    with their driver. The same command goes on; every second that was paid is in the ledger.
    """
    study = GpuStudy(tmp_path, 4, "pause = 1.0\nhold = true")
    driver = study.begin_elsewhere()
    deadline = time.monotonic() + 3 * PATIENCE  # it imports everything anew
    try:
        while len(compressed := sorted(tmp_path.rglob("compressed-by"))) < 2:
            assert time.monotonic() < deadline
            assert driver.poll() is None
            time.sleep(0.01)
        left = [process_of(found.parent, found.name) for found in tmp_path.rglob("*ed-by")]
        left += [int(mark.name) for mark in study.marks.iterdir()]
    finally:
        driver.kill()
        driver.wait()
    (study.marks / "open").touch()
    study.run(Silent())
    assert not any(map(alive, left))
    ends = [record.status for record in study.records]
    assert ends.count(Status.COMPLETED) == 4
    assert Status.INTERRUPTED in ends
    folders = [found.parent for found in compressed]
    killed = [record for record in study.records if record.directory in folders]
    assert len(killed) == 2
    for record in killed:
        assert record.status is Status.INTERRUPTED
        assert record.phases["train"].gpu_seconds >= 1.0
    assert max(record.spent.core_seconds for record in killed) > 0
