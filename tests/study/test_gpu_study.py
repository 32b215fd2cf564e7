"""A whole study on a machine of GPUs: real processes, leases and bills, on cards that are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_gpus import GPUS, patch_nvml
from paretune.execute import Place
from paretune.study import run_study as runs
from paretune.study.observer import Silent, StudyState
from paretune.study.spending.stored_costs import ledger_of
from paretune.study.storage.load_study import load_study
from paretune.trial.outcome import Status
from small_study import TESTS, small_spec

SPACE = '[accuracy]\ntype = "float"\nlow = 0.0\nhigh = 1.0\n'
OBJECTIVES = 'accuracy = "maximize"\ngpu_seconds = "minimize"'
TRIALS = 8


class Watcher(Silent):
    """Keeps every state that it is shown."""

    states: list[StudyState]

    def tick(self, state: StudyState) -> None:
        self.states.append(state)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The states of the study while it ran, and what is stored of it."""
    folder = tmp_path_factory.mktemp("gpus")
    (folder / "marks").mkdir()
    (folder / "study").mkdir()
    for name in ("fake_gpus.py", "fake_nvml.py"):
        (folder / "study" / name).symlink_to(TESTS / name)
    data = f'[data]\nmarks = "{folder / "marks"}"\nwarming = "well"\n'
    spec = small_spec(
        folder / "study",
        trainable="steady",
        space=SPACE,
        objectives=OBJECTIVES,
        trials=TRIALS,
        more=f"{data}[train]\npause = 1.0\n",
    )
    watcher = Watcher()
    watcher.states = []
    url = f"sqlite:///{folder}/studies.db"
    with pytest.MonkeyPatch.context() as patched:
        patch_nvml(patched.setattr)
        patched.setattr(runs, "discover", lambda: GPUS[:1])
        changed = replace(spec, trainable="fake_gpus:warm")
        runs.run_study(changed, storage_url=url, observer=watcher)
        yield watcher.states, load_study("small", url), Path(folder, "marks")


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
