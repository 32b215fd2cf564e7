"""Where a study stands: what is counted, what is left, and who runs what."""

from __future__ import annotations

import pytest
from fake_executor import Law
from fake_study import FakeStudy
from paretune.trial.outcome import Status
from small_study import small_spec

OBJECTIVES = 'accuracy = "maximize"\ngpu_seconds = "minimize"'


@pytest.fixture
def study(tmp_path):
    def make(law=lambda params: Law(1.0, {"accuracy": params["x"]})):
        spec = small_spec(tmp_path, sampler="random", objectives=OBJECTIVES, trials=3)
        return FakeStudy(spec, law, tmp_path / "files")

    return make


def test_trials_that_never_ran_or_run_again_are_not_counted(study):
    """A skipped and an interrupted one count towards no budget of trials."""
    made = study()
    made.run()
    loop = made.open()
    assert loop.standing.counted == 3
    loop.standing.counts[Status.SKIPPED.value] += 4
    loop.standing.counts[Status.INTERRUPTED.value] += 2
    assert loop.standing.counted == 3


def test_the_state_after_a_call(study):
    """Statuses, bill and front of the whole study; nothing is leased any more."""
    made = study()
    state = made.run().state
    assert state.finished == {"completed": 3}
    assert (state.leased, state.running) == (0, [])
    assert state.spent_gpu_seconds == pytest.approx(
        sum(record.spent.gpu_seconds for record in made.records)
    )
    best = max(record.values["accuracy"] for record in made.records)
    assert state.front[0].values["accuracy"] == best


def test_what_another_driver_runs_is_known(study):
    """A trial that runs and is not one of this driver's counts as begun elsewhere."""
    made = study()
    made.run()
    made.stored.ask()
    loop = made.open()
    assert loop.standing.begun_elsewhere == 1
    loop.standing.refresh(own={3})
    assert loop.standing.begun_elsewhere == 0
