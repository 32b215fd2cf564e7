"""Early stopping in whole studies: what is stopped, what is kept of it, what is never begun."""

from __future__ import annotations

import pytest
from optuna.trial import TrialState
from paretune.report.totals import Totals
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.steering.stopping import MOST_POINTS, filled
from paretune.study.storage.load_study import load_study
from paretune.study.stored_trials import records
from paretune.trial.outcome import Status
from small_study import small_spec

# Up to 0.6 a network is the better the larger it is; beyond, it is worse and larger.
SPACE = """
[x]
type = "float"
low = 0.0
high = 1.0
"""
BASELINE = """
[train]
epochs = 6
[[baseline]]
x = 0.05
[[baseline]]
x = 0.3
[[baseline]]
x = 0.55
[[baseline]]
x = 0.99
"""


@pytest.fixture
def run(tmp_path):
    url = f"sqlite:///{tmp_path}/studies.db"

    def run(stopper, trials=24):
        spec = small_spec(
            tmp_path / "study",
            trainable="learns",
            trials=trials,
            space=SPACE,
            stopper=stopper,
            more=BASELINE,
            objectives='accuracy = "maximize"\nmodel_kib = "minimize"',
        )
        run_study(spec, storage_url=url, observer=Silent())
        return load_study("small", url)

    return run


def dominated(record):
    return record.params["x"] > 0.6


def test_dominated_trials_are_given_up(run):
    """Most of the dominated ones end early, and of the others (nearly) none; nothing partial is
    told as final."""
    study = run("front")
    given_up = [r for r in study.records if r.saved is not None]
    assert sum(not dominated(record) for record in given_up) <= 1  # on the edge of the cliff
    assert len(given_up) > sum(dominated(r) for r in study.records if r.baseline is None) / 2
    trials = {trial.number: trial for trial in study.study.trials}
    for record in given_up:
        assert record.values is None
        assert trials[record.number].state == TrialState.PRUNED
        assert record.status in (Status.STOPPED, Status.SKIPPED)
        assert "would enter the front with a probability of" in record.error
        low, median, high = (record.saved[end] for end in ("low", "median", "high"))
        assert 0 <= low <= median <= high
        # It is told where it was heading: an error above all of the front's.
        heading = trials[record.number].user_attrs[records.FORECAST]["mean"]
        assert heading[0] > 0.3
    totals = Totals.of(study.records)
    assert totals.stopped == len(given_up)
    assert f"giving up {len(given_up)} trials early saved about" in totals.sentence("cpu-core")


def test_a_trial_is_stopped_while_it_runs(run):
    """It has paid for the epochs that it ran, and has saved the others."""
    stopped = [r for r in run("front").records if r.status is Status.STOPPED]
    assert stopped
    for record in stopped:
        assert record.spent.gpu_seconds > 0
        assert record.saved["median"] > 0
        assert "stopped after epoch" in record.error


def test_a_baseline_runs_to_its_end(run):
    """Whatever it promises: it was asked for."""
    baselines = [r for r in run("front").records if r.baseline is not None]
    assert len(baselines) == 4
    assert all(record.status is Status.COMPLETED for record in baselines)


def test_without_a_stopper_all_run_to_their_end(run):
    """`none` stops nothing."""
    study = run("none", trials=12)
    assert {record.status for record in study.records} == {Status.COMPLETED}


def test_a_training_of_a_million_steps_is_a_thousand_points():
    """Reported now and then, remembered in bounded space; a short one epoch by epoch."""
    curve = {10**5 * i: {"accuracy": float(i)} for i in range(1, 11)}
    whole = filled(curve, 10**6, 10**6)
    assert len(whole) == MOST_POINTS
    assert (whole[0]["accuracy"], whole[-1]["accuracy"]) == (1.0, 10.0)
    half = filled(curve, 5 * 10**5, 10**6)
    assert len(half) == MOST_POINTS // 2
    assert half[-1]["accuracy"] == 5.0
    short = filled({2: {"accuracy": 2.0}, 4: {"accuracy": 4.0}}, 5, 6)
    assert [point["accuracy"] for point in short] == [2.0, 2.0, 2.0, 4.0, 4.0]
