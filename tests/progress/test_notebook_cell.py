"""The live screen in a notebook's cell."""

from __future__ import annotations

from dataclasses import replace

import optuna
import pytest
from paretune.progress.notebook_cell import EVERY_SECONDS, NotebookCell
from paretune.study.observer import StudyState
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.outcome import Outcome, Status


class Cell:
    """What a notebook has been shown, and a clock that stands still."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.now = 0.0
        self.observer = NotebookCell(self.shown.append, clock=lambda: self.now)


@pytest.fixture
def loaded(made_study: optuna.Study, storage_url: str) -> LoadedStudy:
    return load_study(made_study.study_name, storage_url)


@pytest.fixture
def state(loaded: LoadedStudy) -> StudyState:
    return StudyState(
        name="digits",
        objectives=list(loaded.spec.objectives.names),
        device_kind=loaded.device_kind,
        devices=2,
        leased=0,
        running=(),
        finished={"completed": 5},
        spent_gpu_seconds=64.5,
        budget_gpu_seconds=None,
        budget_trials=30,
        front=loaded.front,
        wall_seconds=83.0,
        left_seconds=None,
    )


def test_it_is_renewed_now_and_then_and_at_the_end(state: StudyState) -> None:
    """A browser is spared: of many looks in a moment one is shown, and always the last."""
    cell = Cell()
    assert "importing" in cell.shown[-1]
    cell.now += EVERY_SECONDS
    for _ in range(10):
        cell.observer.tick(state)
    assert len(cell.shown) == 2
    assert "digits" in cell.shown[-1]
    assert "Pareto front: 3 configurations" in cell.shown[-1]
    cell.observer.tick(replace(state, finished={"completed": 6}))
    cell.observer.close()
    assert "6 of 30" in cell.shown[-1]


def test_what_went_wrong_stays_above_it(state: StudyState, loaded: LoadedStudy) -> None:
    """Messages and failed trials, as text: their angle brackets are no markup."""
    cell = Cell()
    cell.observer.message("goes on <b>")
    outcome = Outcome(Status.DIVERGED, error="no <layer>")
    failed = replace(loaded.records[5], outcome=outcome)
    cell.observer.finished(failed, state)
    cell.observer.finished(loaded.records[0], state)
    cell.observer.close()
    assert "goes on &lt;b&gt;" in cell.shown[-1]
    assert "trial 5 diverged: no &lt;layer&gt;" in cell.shown[-1]
    assert "trial 0" not in cell.shown[-1]
